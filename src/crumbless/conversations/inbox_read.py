"""Reads of the inbox: conversations with their newest message and the number of unread ones."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Integer, Select, and_, bindparam, func, select

from crumbless.conversations.conversation_wire import InboxPage
from crumbless.conversations.priority_set import PRIORITIES
from crumbless.ledger.entry import with_newest_text
from crumbless.ledger.tables import conversation, entry, site
from crumbless.ledger.timeline_read import is_newest_edit, position_of, positions_of, visitor_seq_at
from crumbless.ledger.visibility_sql import IN_SCOPE, scope_values, visible_conversations
from crumbless.protocol.frames import ConversationSummary
from crumbless.protocol.timeline import Author, Entry, Priority, SeenMarks, Status
from crumbless.realtime.mark_poll import MarksRead, StoredMarks
from crumbless.realtime.tables import visitor
from crumbless.security.visibility import Scope
from crumbless.visitors.contact_store import contact_of_row
from crumbless.visitors.tables import contact

_PRIORITY_NAMES: Mapping[int, Priority] = {number: name for name, number in PRIORITIES.items()}


def inbox_page(
    connection: Connection,
    workspace_id: int,
    before: int | None,
    limit: int,
    status: Status | None = None,
    waiting: bool = False,
    *,
    scope: Scope | None,
) -> InboxPage:
    """Return the conversations with the newest activity before a position (None: of all).

    Args:
        status: only those with this status.
        waiting: only those whose visitor waits for a reply.
        scope: only those in it.
    """
    values = {"workspace": workspace_id, "limit": limit + 1, "before": before, "status": status} | scope_values(scope)
    query = _page(before is not None, status is not None, waiting, scope is not None)
    rows = connection.execute(query, {name: value for name, value in values.items() if value is not None}).all()
    page = [_summary(row) for row in rows[:limit]]
    return InboxPage(position_of(connection, workspace_id), page, len(rows) > limit)


def conversation_summary(
    connection: Connection, workspace_id: int, conversation_id: str, scope: Scope | None
) -> ConversationSummary | None:
    """Return one row of the inbox, or None if the conversation is not in the workspace and the scope."""
    values = {"workspace": workspace_id, "conversation": conversation_id} | scope_values(scope)
    row = connection.execute(_one(scope is not None), values).first()
    return None if row is None else _summary(row)


def seen_marks_since(
    connection: Connection, workspace_id: int, position: int, scope: Scope | None
) -> list[tuple[str, SeenMarks]]:
    """Return conversations in the scope whose seen marks may have moved since the workspace was at `position`."""
    rows = connection.execute(
        select(conversation.c.id, conversation.c.visitor_seen, conversation.c.operator_seen)
        .where(and_(conversation.c.workspace_id == workspace_id, conversation.c.seen_position >= position))
        .where(*visible_conversations(scope))
        .order_by(conversation.c.seen_position)
    )
    return [(row.id, SeenMarks(row.visitor_seen, row.operator_seen)) for row in rows]


def read_moved_marks(connection: Connection, since: Mapping[int, int]) -> MarksRead:
    """Return the conversations of these workspaces whose seen marks may have moved since these positions."""
    of = conversation.c
    query = select(of.workspace_id, of.id, of.visitor_seen, of.operator_seen, of.seen_position, of.site_id, of.team_id)
    marks = [
        StoredMarks(*row)
        for workspace_id, position in since.items()
        for row in connection.execute(query.where(of.workspace_id == workspace_id, of.seen_position >= position))
    ]
    return MarksRead(positions_of(connection, [*since]), marks)


def visitor_seqs_at(connection: Connection, places: Sequence[tuple[str, int]]) -> list[int]:
    """Return the visitor's number of the newest visible entry up to each (conversation, seq)."""
    find = select(conversation.c.no).where(conversation.c.id == bindparam("id"))
    return [visitor_seq_at(connection, connection.execute(find, {"id": one}).scalar_one(), seq) for one, seq in places]


@cache
def _page(below: bool, of_status: bool, waiting: bool, limited: bool) -> Select[Any]:
    query = _summaries().order_by(conversation.c.position.desc()).limit(bindparam("limit", type_=Integer))
    if below:
        query = query.where(conversation.c.position < bindparam("before"))
    if of_status:
        query = query.where(conversation.c.status == bindparam("status"))
    if waiting:
        query = query.where(conversation.c.waiting_since.is_not(None))
    return query.where(IN_SCOPE) if limited else query


@cache
def _one(limited: bool) -> Select[Any]:
    query = _summaries().where(conversation.c.id == bindparam("conversation"))
    return query.where(IN_SCOPE) if limited else query


def _summaries() -> Select[Any]:
    """Return one query for a whole page. Each row's newest message and unread count are looked up by index.

    In an erased conversation, the entry `erased` is the newest one.
    """
    own = entry.c.conversation_no == conversation.c.no
    shown = entry.c.kind.in_(("message", "erased"))
    newest = select(entry.c.seq).where(own, shown).order_by(entry.c.seq.desc()).limit(1).scalar_subquery()
    unread = (
        select(func.count())
        .where(
            own,
            entry.c.kind == "message",
            entry.c.data.is_not(None),
            entry.c.seq > conversation.c.operator_seen,
            entry.c.author_kind == "visitor",
        )
        .scalar_subquery()
    )
    last = entry.alias("last")
    is_last = and_(last.c.conversation_no == conversation.c.no, last.c.seq == newest)
    edit = entry.alias("edit")
    newest_columns = [column.label(f"newest_{column.name}") for column in last.c]
    return (
        select(conversation, visitor.c.name.label("visitor_name"), site.c.name.label("site_name"))
        .add_columns(unread.label("unread"), edit.c.data.label("newest_edit"), *newest_columns)
        .add_columns(
            visitor.c.contact_id,
            contact.c.name.label("contact_name"),
            contact.c.email.label("contact_email"),
            contact.c.attributes.label("contact_attributes"),
        )
        .join(visitor, visitor.c.id == conversation.c.visitor_id)
        .join(site, site.c.id == conversation.c.site_id)
        .outerjoin(contact, contact.c.id == visitor.c.contact_id)
        .outerjoin(last, is_last)
        .outerjoin(edit, is_newest_edit(edit, last))
        .where(conversation.c.workspace_id == bindparam("workspace"))
    )


def _summary(row: Any) -> ConversationSummary:
    return ConversationSummary(
        id=row.id,
        number=row.number,
        status=row.status,
        waiting_since=row.waiting_since,
        visitor_id=row.visitor_id,
        visitor_name=row.visitor_name,
        site_name=row.site_name,
        started_at=row.started_at,
        last_seq=row.last_seq,
        position=row.position,
        unread=row.unread,
        seen=SeenMarks(row.visitor_seen, row.operator_seen),
        last=None if row.newest_position is None else _newest(row),
        contact=contact_of_row(row),
        operator=row.operator_id or "",
        team=row.team_id or "",
        labels=row.labels,
        priority=_PRIORITY_NAMES[row.priority],
        snoozed_until=row.snoozed_until if row.status == "snoozed" else None,
    )


def _newest(row: Any) -> Entry:
    author = Author(row.newest_author_kind, row.newest_author_name, row.newest_author_id)
    data = with_newest_text(row.newest_data, row.newest_edit)
    return Entry(
        conversation=row.id,
        id=row.newest_id,
        seq=row.newest_seq,
        at=row.newest_at,
        kind=row.newest_kind,
        author=author,
        data=None if data is None else msgspec.Raw(data),
        position=row.newest_position,
    )
