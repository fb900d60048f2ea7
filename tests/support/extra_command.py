"""The `crumbless` command with two more commands in its table: one that appends an entry, and one that does not.

A subject adds a command in the same way: a struct, a permission, a limit and a verb in one row.
"""

from crumbless.cli.main import app
from crumbless.conversations.typing_show import show_typing
from crumbless.core.ids import now_ms
from crumbless.core.rate_limit import Rate
from crumbless.ledger.entry import NewEntry, check_entry_id, check_text, message_data
from crumbless.protocol.frames import ClientFrame, Typing
from crumbless.realtime.command import ActionCommand, CommandServices, EntryCommand
from crumbless.security.access import Session
from crumbless.stream import commands


class Shout(ClientFrame, frozen=True, tag="shout"):
    """Appends a message in capital letters."""

    id: str
    conversation: str
    text: str


class Nudge(ClientFrame, frozen=True, tag="nudge"):
    """Shows the visitor that an operator types."""

    conversation: str


def check_shout(frame: Shout) -> Shout:
    """Return the frame. Raises ApiError as a message does."""
    check_entry_id(frame.id)
    return Shout(frame.id, frame.conversation, check_text(frame.text))


def shout(actor: Session, frame: Shout) -> NewEntry:
    """Return the entry."""
    data = message_data(frame.text.upper())
    return NewEntry(
        actor.workspace,
        frame.conversation,
        frame.id,
        now_ms(),
        "message",
        "operator",
        actor.subject,
        actor.name,
        data,
    )


async def nudge(services: CommandServices, actor: Session, frame: Nudge) -> None:
    """Do what the command `typing` does."""
    await show_typing(services, actor, Typing(frame.conversation, on=True))


COMMANDS = (
    EntryCommand(Shout, "close_conversation", shout, check_shout, limit=Rate(0.001, 2)),
    ActionCommand(Nudge, "close_conversation", nudge, limit=Rate(0.001, 1)),
)

if __name__ == "__main__":
    commands.COMMANDS = (*commands.COMMANDS, *COMMANDS)
    app()
