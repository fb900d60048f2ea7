"""Stores up to which entry a side of a conversation has read, and notifies the other side."""

from sqlalchemy import Connection

from crumbless.domain.access import Session, require_conversation
from crumbless.domain.command import CommandServices
from crumbless.domain.events import MarkMoved
from crumbless.domain.visibility import visible
from crumbless.domain.wire import Seen, SeenNow
from crumbless.domain.wire_timeline import Side
from crumbless.store.conversation_store import raise_seen_mark
from crumbless.store.transaction import after_commit


async def mark_seen(services: CommandServices, actor: Session, frame: Seen) -> None:
    """Move the mark of the actor's side forward, never back. Send it to both sides if it moved.

    Raises:
        ApiError: `unknown_conversation`, `busy`.
    """
    require_conversation(actor, frame.conversation)
    scope = visible(actor)
    side: Side = "visitor" if actor.role == "visitor" else "operator"

    def move(connection: Connection) -> None:
        moved = raise_seen_mark(connection, actor.workspace, frame.conversation, side, frame.seq, scope)
        if moved is not None:
            seen = SeenNow(frame.conversation, side, moved.seq)
            after_commit(connection, MarkMoved(actor.workspace, seen, moved.visitor_seq, moved.site, moved.team))

    await services.ledger.write(move, workspace=actor.workspace)
