"""Writes to a conversation that are not entries: its beginning and its seen marks."""

from typing import Literal

from sqlalchemy import Connection, and_, exists, insert, select, update

from crumbless.domain.wire import AuthorKind
from crumbless.errors import Refused
from crumbless.ids import now_ms
from crumbless.store.people_store import Site
from crumbless.store.tables import conversation, entry, session, site, workspace

MARKS: dict[AuthorKind, Literal["visitor_seen", "operator_seen"]] = {
    "visitor": "visitor_seen",
    "operator": "operator_seen",
}


def add_conversation(connection: Connection, of: Site, visitor_id: str, conversation_id: str) -> None:
    """Add a visitor's conversation, still empty."""
    connection.execute(
        insert(conversation).values(
            id=conversation_id,
            workspace_id=of.workspace,
            site_id=of.id,
            visitor_id=visitor_id,
            status="waiting",
            last_seq=0,
            position=0,
            started_at=now_ms(),
        )
    )


def find_conversation(connection: Connection, visitor_id: str) -> str | None:
    """The visitor's conversation."""
    return connection.execute(
        select(conversation.c.id).where(conversation.c.visitor_id == visitor_id).order_by(conversation.c.started_at)
    ).scalar()


def find_visitor_of(connection: Connection, conversation_id: str) -> str | None:
    """Whose conversation it is; None once it was erased."""
    row = connection.execute(select(conversation).where(conversation.c.id == conversation_id)).first()
    if row is None:
        return None
    last = and_(entry.c.conversation_no == row.no, entry.c.seq == row.last_seq)
    event = connection.execute(select(entry.c.event).where(last)).scalar()
    return None if event == "erased" else row.visitor_id


def workspace_of(connection: Connection, conversation_id: str) -> int | None:
    """The workspace a conversation belongs to, for ever."""
    return connection.execute(select(conversation.c.workspace_id).where(conversation.c.id == conversation_id)).scalar()


def raise_seen_mark(
    connection: Connection, workspace_id: int, conversation_id: str, by: AuthorKind, seq: int
) -> int | None:
    """Move one side's seen mark forward, never back and never past the last entry.

    Returns the mark's new value, or None when nothing moved.

    Raises:
        Refused: `unknown_conversation`, also for one of another workspace.
    """
    row = connection.execute(
        select(conversation, workspace.c.position.label("workspace_position"))
        .join(workspace, workspace.c.id == conversation.c.workspace_id)
        .where(and_(conversation.c.workspace_id == workspace_id, conversation.c.id == conversation_id))
    ).first()
    if row is None:
        raise Refused("unknown_conversation")
    mark = MARKS[by]
    seq = min(seq, row.last_seq)
    if seq <= getattr(row, mark):
        return None
    connection.execute(
        update(conversation)
        .where(conversation.c.id == conversation_id)
        .values({mark: seq, "seen_position": row.workspace_position})
    )
    return seq


def consent_chain_of(connection: Connection, conversation_id: str) -> str | None:
    """The consent that a conversation is held to."""
    return connection.execute(select(conversation.c.consent_chain).where(conversation.c.id == conversation_id)).scalar()


def hold_consent(connection: Connection, conversation_id: str, chain: str | None) -> None:
    """From now on events of the conversation may be relayed under this consent; None: under none.

    A conversation whose visitor has erased it has no session, and is held to nothing any more.
    """
    lives = exists().where(session.c.conversation_id == conversation_id, session.c.ended_at.is_(None))
    connection.execute(
        update(conversation).where(conversation.c.id == conversation_id, lives).values(consent_chain=chain)
    )


def site_key_of(connection: Connection, conversation_id: str) -> str | None:
    """The public key of the site that a conversation is on."""
    query = select(site.c.key).join(conversation, conversation.c.site_id == site.c.id)
    return connection.execute(query.where(conversation.c.id == conversation_id)).scalar()
