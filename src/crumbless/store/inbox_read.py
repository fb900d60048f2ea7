"""Reads of the inbox: conversations with their newest words and what is unread."""

from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from crumbless.domain.entry import entry_for_operators
from crumbless.domain.wire import ConversationSummary, Entry, InboxPage, SeenMarks
from crumbless.store.tables import conversation, entry, site, visitor
from crumbless.store.timeline_read import appended, entries, position_of


def inbox_page(connection: Connection, workspace_id: int, before: int | None, limit: int) -> InboxPage:
    """The conversations with the newest activity before a position (None: the newest of all)."""
    query = _summaries(workspace_id).order_by(conversation.c.position.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(conversation.c.position < before)
    rows = connection.execute(query).all()
    page = [_summary(connection, row) for row in rows[:limit]]
    return InboxPage(position_of(connection, workspace_id), page, len(rows) > limit)


def conversation_summary(connection: Connection, workspace_id: int, conversation_id: str) -> ConversationSummary | None:
    """One row of the inbox."""
    row = connection.execute(_summaries(workspace_id).where(conversation.c.id == conversation_id)).first()
    return None if row is None else _summary(connection, row)


def seen_marks_since(connection: Connection, workspace_id: int, position: int) -> list[tuple[str, SeenMarks]]:
    """Conversations whose seen marks may have moved since the workspace was at `position`, with the marks."""
    rows = connection.execute(
        select(conversation.c.id, conversation.c.visitor_seen, conversation.c.operator_seen)
        .where(and_(conversation.c.workspace_id == workspace_id, conversation.c.seen_position >= position))
        .order_by(conversation.c.seen_position)
    )
    return [(row.id, SeenMarks(row.visitor_seen, row.operator_seen)) for row in rows]


def _summaries(workspace_id: int) -> Select[Any]:
    return (
        select(conversation, visitor.c.name.label("visitor_name"), site.c.name.label("site_name"))
        .join(visitor, visitor.c.id == conversation.c.visitor_id)
        .join(site, site.c.id == conversation.c.site_id)
        .where(conversation.c.workspace_id == workspace_id)
    )


def _summary(connection: Connection, row: Any) -> ConversationSummary:
    own = and_(entry.c.workspace_id == row.workspace_id, entry.c.conversation_no == row.no, entry.c.kind == "message")
    last = connection.execute(entries().where(own).order_by(entry.c.seq.desc()).limit(1)).first()
    unread = connection.execute(
        select(func.count())
        .select_from(entry)
        .where(own, entry.c.seq > row.operator_seen, entry.c.author_kind == "visitor")
    ).scalar_one()
    return ConversationSummary(
        id=row.id,
        status=row.status,
        visitor_id=row.visitor_id,
        visitor_name=row.visitor_name,
        site_name=row.site_name,
        started_at=row.started_at,
        last_seq=row.last_seq,
        position=row.position,
        unread=unread,
        seen=SeenMarks(row.visitor_seen, row.operator_seen),
        last=None if last is None else _wire(last),
    )


def _wire(row: Any) -> Entry:
    last = appended(row)
    return entry_for_operators(last.entry, last.seq, last.position)
