"""Somebody says something in a conversation."""

from crumbless.domain.access import Session, require, require_conversation
from crumbless.domain.entry import NewEntry
from crumbless.domain.ports import Done, LedgerPort
from crumbless.domain.wire import Send
from crumbless.ids import now_ms


def send_message(by: Session, frame: Send, ledger: LedgerPort, done: Done) -> None:
    """Append the message; `done` is told once it is on disk, or why not.

    Args:
        frame: already checked by the stream's session: id and text are good.

    Raises:
        Refused: `unknown_conversation`, `forbidden`, `busy`; nothing was queued.
    """
    require(by, "send_message")
    require_conversation(by, frame.conversation)
    ledger.submit(
        NewEntry(
            by.workspace,
            frame.conversation,
            frame.id,
            now_ms(),
            "message",
            "visitor" if by.role == "visitor" else "operator",
            by.subject,
            by.name,
            frame.text,
        ),
        done,
    )
