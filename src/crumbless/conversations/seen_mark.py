"""Stores up to which entry a side of a conversation has read, and notifies the other side."""

from sqlalchemy import Connection

from crumbless.conversations.conversation_store import raise_seen_mark
from crumbless.ledger.after_commit import after_commit
from crumbless.ledger.events import MarkMoved
from crumbless.protocol.frames import Seen, SeenNow
from crumbless.protocol.timeline import Side
from crumbless.realtime.command import CommandServices
from crumbless.security.access import Session, require_conversation
from crumbless.security.visibility import visible


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
