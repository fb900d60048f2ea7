"""Reads of a visitor's conversations in the visitor's form: the list, and the state for a new stream."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Integer, and_, bindparam, func, select

from crumbless.ledger.conversation_status import status_for_visitor
from crumbless.ledger.entry import with_newest_text
from crumbless.ledger.tables import conversation, entry
from crumbless.ledger.timeline_read import conversation_for_visitor, is_newest_edit
from crumbless.protocol.timeline import Author, Entry, VisitorConversation, VisitorConversations, VisitorSummary
from crumbless.visitors.visitor_reach import REACHED, newest_reached, reaches


def visitor_conversations(
    connection: Connection, session_id: str, before: int | None, limit: int
) -> VisitorConversations:
    """Return a page of the conversations that the session can access, the last started first.

    They are sorted by number, so the order does not change with the team's activity.

    Args:
        before: only those with a lower number; None: from the newest on.
    """
    values = {"session": session_id, "limit": limit + 1, "before": 2**31 - 1 if before is None else before}
    rows = connection.execute(_PAGE, values).all()
    return VisitorConversations([_summary(row) for row in rows[:limit]], len(rows) > limit)


def visitor_summaries(connection: Connection, conversation_ids: Sequence[str]) -> list[VisitorSummary]:
    """Return the summaries of these conversations. The caller must send them only to sessions that can access them."""
    return [_summary(row) for row in connection.execute(_THESE, {"ids": [*conversation_ids]})]


def conversation_to_show(
    connection: Connection, session_id: str, workspace_id: int, requested: str | None
) -> tuple[tuple[str, ...], VisitorConversation | None]:
    """Return the conversations that the session can access, and the state of the one that its stream names, or the
    newest.

    The state: None if the session cannot access the conversation or has none.
    """
    reach = newest_reached(connection, session_id)
    if requested is None:
        requested = next(iter(reach), "")
    elif requested not in reach and reaches(connection, session_id, requested):
        reach = (*reach, requested)
    state = conversation_for_visitor(connection, workspace_id, requested) if requested in reach else None
    return reach, state


_own = entry.c.conversation_no == conversation.c.no
_unread = (
    select(func.count())
    .where(
        _own,
        entry.c.seq > conversation.c.visitor_seen,
        entry.c.kind == "message",
        entry.c.data.is_not(None),
        entry.c.author_kind != "visitor",
    )
    .scalar_subquery()
)
_newest_seen = (
    select(entry.c.seq)
    .where(_own, entry.c.kind.in_(("message", "closed", "erased")))
    .order_by(entry.c.seq.desc())
    .limit(1)
    .scalar_subquery()
)
_last = entry.alias("last")
_edit = entry.alias("edit")
_SUMMARIES = (
    select(
        conversation.c.id,
        conversation.c.number,
        conversation.c.status,
        conversation.c.started_at,
        conversation.c.last_visitor_seq,
        _unread.label("unread"),
        _edit.c.data.label("newest_edit"),
        *[column.label(f"entry_{column.name}") for column in _last.c],
    )
    .select_from(conversation)
    .outerjoin(_last, and_(_last.c.conversation_no == conversation.c.no, _last.c.seq == _newest_seen))
    .outerjoin(_edit, is_newest_edit(_edit, _last))
)
# Built once: see timeline_read.py.
_PAGE = (
    _SUMMARIES.where(REACHED, conversation.c.number < bindparam("before"))
    .order_by(conversation.c.number.desc())
    .limit(bindparam("limit", type_=Integer))
)
_THESE = _SUMMARIES.where(conversation.c.id.in_(bindparam("ids", expanding=True)))


def _summary(row: Any) -> VisitorSummary:
    return VisitorSummary(
        id=row.id,
        number=row.number,
        status=status_for_visitor(row.status),
        started_at=row.started_at,
        last_seq=row.last_visitor_seq,
        unread=row.unread,
        last=None if row.entry_position is None else _entry(row),
    )


def _entry(row: Any) -> Entry:
    author = Author(row.entry_author_kind, row.entry_author_name)
    data = with_newest_text(row.entry_data, row.newest_edit)
    return Entry(
        conversation=row.id,
        id=row.entry_id,
        seq=row.entry_visitor_seq,
        at=row.entry_at,
        kind=row.entry_kind,
        author=author,
        data=None if data is None else msgspec.Raw(data),
    )
