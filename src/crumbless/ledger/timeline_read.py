"""Reads of the timeline: the entries after a position or a seq, and the last entries before one."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from msgspec import UNSET, UnsetType
from sqlalchemy import ColumnElement, Connection, FromClause, Integer, Select, and_, bindparam, select

from crumbless.ledger.conversation_status import status_for_visitor
from crumbless.ledger.entry import Appended, NewEntry, with_newest_text
from crumbless.ledger.tables import conversation, entry, workspace
from crumbless.ledger.visibility_sql import IN_SCOPE, scope_values
from crumbless.protocol.timeline import SeenMarks, VisitorConversation
from crumbless.security.visibility import Scope


def position_of(connection: Connection, workspace_id: int) -> int:
    """Return the position of the workspace's newest entry."""
    return connection.execute(_POSITION, {"workspace": workspace_id}).scalar() or 0


def positions_of(connection: Connection, workspace_ids: Sequence[int]) -> dict[int, int]:
    """Return the positions of several workspaces."""
    rows = connection.execute(select(workspace.c.id, workspace.c.position).where(workspace.c.id.in_([*workspace_ids])))
    return {row.id: row.position for row in rows}


def entries_after_position(
    connection: Connection, workspace_id: int, after: int, limit: int, scope: Scope | None
) -> list[Appended]:
    """Return the workspace's next entries, in position order.

    Args:
        scope: only entries of conversations in it.
    """
    values = {"workspace": workspace_id, "after": after, "limit": limit} | scope_values(scope)
    return [appended(row) for row in connection.execute(_after_position(scope is not None), values)]


def entries_before_seq(
    connection: Connection, workspace_id: int, conversation_id: str, before: int | None, limit: int
) -> tuple[list[Appended], bool]:
    """Return the last entries before a seq (None: the newest), in seq order, and whether earlier ones exist."""
    values = {"workspace": workspace_id, "conversation": conversation_id, "limit": limit}
    query = _NEWEST if before is None else _BEFORE_SEQ
    rows = connection.execute(query, values if before is None else values | {"before": before}).all()
    found = [appended(row) for row in reversed(rows)]
    return found, bool(found) and found[0].seq > 1


def conversation_for_visitor(
    connection: Connection, workspace_id: int, conversation_id: str
) -> VisitorConversation | None:
    """Return the conversation with the visitor's numbers, as it is sent when the visitor's stream opens."""
    row = connection.execute(_CONVERSATION, {"workspace": workspace_id, "conversation": conversation_id}).first()
    if row is None:
        return None
    marks = row.visitor_seen, row.operator_seen
    if row.last_visitor_seq < row.last_seq:
        visitor_mark, operator_mark = (visitor_seq_at(connection, row.no, mark) for mark in marks)
        marks = visitor_mark, operator_mark
    return VisitorConversation(row.id, status_for_visitor(row.status), row.last_visitor_seq, SeenMarks(*marks))


def visitor_seq_at(connection: Connection, conversation_no: int, seq: int) -> int:
    """Return the visitor's number of the newest visible entry up to `seq`, or 0."""
    return connection.execute(_VISITOR_SEQ, {"conversation": conversation_no, "seq": seq}).scalar() or 0


def seq_of(connection: Connection, conversation_no: int, visitor_seq: int) -> int:
    """Return the `seq` of the entry with this number of the visitor, or 0."""
    return connection.execute(_SEQ, {"conversation": conversation_no, "visitor_seq": visitor_seq}).scalar() or 0


def entries_for_visitor(
    connection: Connection, workspace_id: int, conversation_id: str, after: int, limit: int
) -> list[Appended]:
    """Return the conversation's next entries that the visitor sees, after a number of the visitor's.

    Messages that were edited have their newest text.
    """
    values = {"workspace": workspace_id, "conversation": conversation_id, "after": after, "limit": limit}
    rows = connection.execute(_AFTER_VISITOR_SEQ, values)
    return [appended(row, with_newest_text(row.data, row.newest_edit)) for row in rows]


def is_newest_edit(edit: FromClause, of: FromClause) -> ColumnElement[bool]:
    """Return the condition that a row is the newest edit of another one."""
    return and_(edit.c.id == of.c.edit_id, edit.c.workspace_id == of.c.workspace_id)


def entries() -> Select[Any]:
    """Return a query for entries with the ID, site and team of their conversation. `appended` takes the rows."""
    own = (conversation.c.id.label("conversation_id"), conversation.c.site_id, conversation.c.team_id)
    return select(entry, *own).join(conversation, conversation.c.no == entry.c.conversation_no)


def appended(row: Any, data: str | UnsetType | None = UNSET) -> Appended:
    """Return the entry in a row of the table. `data` replaces that of the row."""
    stored = NewEntry(
        workspace=row.workspace_id,
        conversation=row.conversation_id,
        id=row.id,
        at=row.at,
        kind=row.kind,
        author_kind=row.author_kind,
        author_id=row.author_id,
        author_name=row.author_name,
        data=row.data if data is UNSET else data,
    )
    return Appended(stored, row.seq, row.visitor_seq, row.position, repeat=False, site=row.site_id, team=row.team_id)


@cache
def _after_position(limited: bool) -> Select[Any]:
    query = (
        entries()
        .where(and_(entry.c.workspace_id == bindparam("workspace"), entry.c.position > bindparam("after")))
        .order_by(entry.c.position)
        .limit(bindparam("limit", type_=Integer))
    )
    return query.where(IN_SCOPE) if limited else query


# Built once: building a statement takes ten times as long as running it, and holds the interpreter lock.
_CONVERSATION = select(conversation).where(
    and_(conversation.c.workspace_id == bindparam("workspace"), conversation.c.id == bindparam("conversation"))
)
_POSITION = select(workspace.c.position).where(workspace.c.id == bindparam("workspace"))
_NUMBER = select(conversation.c.no).where(
    conversation.c.id == bindparam("conversation"), conversation.c.workspace_id == bindparam("workspace")
)
_OF_CONVERSATION = (
    entries().where(entry.c.conversation_no == _NUMBER.scalar_subquery()).limit(bindparam("limit", type_=Integer))
)
_edit = entry.alias("edit")
# An entry's number for the visitor is never above its seq, so the index on seq serves visitors as well.
_AFTER_VISITOR_SEQ = (
    _OF_CONVERSATION.where(entry.c.seq > bindparam("after"), entry.c.visitor_seq > bindparam("after"))
    .outerjoin(_edit, is_newest_edit(_edit, entry))
    .add_columns(_edit.c.data.label("newest_edit"))
    .order_by(entry.c.seq)
)
_VISITOR_SEQ = (
    select(entry.c.visitor_seq)
    .where(
        entry.c.conversation_no == bindparam("conversation"),
        entry.c.seq <= bindparam("seq"),
        entry.c.visitor_seq.is_not(None),
    )
    .order_by(entry.c.seq.desc())
    .limit(1)
)
_SEQ = (
    select(entry.c.seq)
    .where(
        entry.c.conversation_no == bindparam("conversation"),
        entry.c.seq >= bindparam("visitor_seq"),
        entry.c.visitor_seq == bindparam("visitor_seq"),
    )
    .order_by(entry.c.seq)
    .limit(1)
)
_NEWEST = _OF_CONVERSATION.order_by(entry.c.seq.desc())
_BEFORE_SEQ = _NEWEST.where(entry.c.seq < bindparam("before"))
