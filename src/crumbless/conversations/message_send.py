"""Sends a message to a conversation."""

from sqlalchemy import Connection

from crumbless.conversations.entry_target import find_target, is_stored
from crumbless.core.ids import now_ms
from crumbless.ledger.entry import NewEntry, message_data
from crumbless.ledger.ledger_port import Operation
from crumbless.protocol.frames import Send
from crumbless.security.access import Session, require_conversation


def send_message(actor: Session, frame: Send) -> NewEntry:
    """Return the message as an entry of the actor's side. Raises ApiError `unknown_conversation`."""
    require_conversation(actor, frame.conversation)
    return NewEntry(
        workspace=actor.workspace,
        conversation=frame.conversation,
        id=frame.id,
        at=now_ms(),
        kind="message",
        author_kind="visitor" if actor.role == "visitor" else "operator",
        author_id=actor.subject,
        author_name=actor.name,
        data=message_data(frame.text, frame.quote),
    )


def before_message(actor: Session, frame: Send) -> Operation[None] | None:
    """Return the operation that checks the quoted message; None for a message without a quote, as most are.

    It raises ApiError: see `find_target`.
    """
    if not frame.quote:
        return None

    def check(connection: Connection) -> None:
        if not is_stored(connection, actor, frame.id):
            find_target(connection, actor, frame.conversation, frame.quote, "message")

    return check
