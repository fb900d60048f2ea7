"""Somebody has read up to an entry: the mark moves, and the other side sees it."""

from crumbless.domain.access import Session, require, require_conversation
from crumbless.domain.ports import BusPort, LedgerPort
from crumbless.domain.wire import AuthorKind, Seen, SeenNow
from crumbless.store.conversation_store import raise_seen_mark


async def mark_seen(by: Session, frame: Seen, ledger: LedgerPort, bus: BusPort) -> None:
    """Move the mark of the session's side forward, never back; tell both sides if it moved.

    Raises:
        Refused: `unknown_conversation`, `forbidden`, `busy`.
    """
    require(by, "mark_seen")
    require_conversation(by, frame.conversation)
    side: AuthorKind = "visitor" if by.role == "visitor" else "operator"
    moved = await ledger.write(
        lambda connection: raise_seen_mark(connection, by.workspace, frame.conversation, side, frame.seq),
        workspace=by.workspace,
    )
    if moved is not None:
        bus.show_seen(by.workspace, SeenNow(frame.conversation, side, moved))
