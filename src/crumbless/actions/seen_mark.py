"""Somebody has read up to an entry: the mark moves, and the other side sees it."""

from crumbless.domain.access import Session, require_conversation
from crumbless.domain.command import CommandServices
from crumbless.domain.wire import Seen, SeenNow
from crumbless.domain.wire_timeline import Side
from crumbless.store.conversation_store import raise_seen_mark


async def mark_seen(services: CommandServices, actor: Session, frame: Seen) -> None:
    """Move the mark of the actor's side forward, never back; send it to both sides if it moved.

    Raises:
        Refused: `unknown_conversation`, `busy`.
    """
    require_conversation(actor, frame.conversation)
    side: Side = "visitor" if actor.role == "visitor" else "operator"
    moved = await services.ledger.write(
        lambda connection: raise_seen_mark(connection, actor.workspace, frame.conversation, side, frame.seq),
        workspace=actor.workspace,
    )
    if moved is not None:
        seen = SeenNow(frame.conversation, side, moved.seq)
        services.bus.show_seen(actor.workspace, seen, moved.visitor_seq)
