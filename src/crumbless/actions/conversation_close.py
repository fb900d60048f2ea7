"""An operator closes a conversation: an event in its timeline, from which the status follows."""

from crumbless.domain.access import Session, require
from crumbless.domain.entry import NewEntry
from crumbless.domain.ports import Done, LedgerPort
from crumbless.domain.wire import Close
from crumbless.ids import now_ms


def close_conversation(by: Session, frame: Close, ledger: LedgerPort, done: Done) -> None:
    """Append the event `closed`; `done` is told once it is on disk, or why not.

    Raises:
        Refused: `forbidden`, `busy`; nothing was queued. A conversation of another workspace is refused to `done`.
    """
    require(by, "close_conversation")
    ledger.submit(
        NewEntry(
            by.workspace,
            frame.conversation,
            frame.id,
            now_ms(),
            "event",
            "operator",
            by.subject,
            by.name,
            event="closed",
        ),
        done,
    )
