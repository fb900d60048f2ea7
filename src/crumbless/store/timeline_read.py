"""Reads of the timeline: what came after a position, what came after a seq, the last entries before one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Integer, Select, and_, bindparam, select

from crumbless.domain.entry import NewEntry
from crumbless.domain.ports import Appended
from crumbless.domain.wire import SeenMarks, VisitorConversation
from crumbless.store.tables import conversation, entry, workspace


def position_of(connection: Connection, workspace_id: int) -> int:
    """The position of the workspace's newest entry."""
    return connection.execute(_POSITION, {"workspace": workspace_id}).scalar() or 0


def positions_of(connection: Connection, workspace_ids: Sequence[int]) -> dict[int, int]:
    """The positions of several workspaces."""
    rows = connection.execute(select(workspace.c.id, workspace.c.position).where(workspace.c.id.in_([*workspace_ids])))
    return {row.id: row.position for row in rows}


def entries_after_position(connection: Connection, workspace_id: int, after: int, limit: int) -> list[Appended]:
    """The workspace's next entries, in position order."""
    values = {"workspace": workspace_id, "after": after, "limit": limit}
    return [appended(row) for row in connection.execute(_AFTER_POSITION, values)]


def entries_after_seq(
    connection: Connection, workspace_id: int, conversation_id: str, after: int, limit: int
) -> list[Appended]:
    """The conversation's next entries, in seq order."""
    values = {"workspace": workspace_id, "conversation": conversation_id, "after": after, "limit": limit}
    return [appended(row) for row in connection.execute(_AFTER_SEQ, values)]


def entries_before_seq(
    connection: Connection, workspace_id: int, conversation_id: str, before: int | None, limit: int
) -> tuple[list[Appended], bool]:
    """The conversation's last entries before a seq (None: the newest), in seq order, and whether earlier ones exist."""
    values = {"workspace": workspace_id, "conversation": conversation_id, "limit": limit}
    query = _NEWEST if before is None else _BEFORE_SEQ
    rows = connection.execute(query, values if before is None else values | {"before": before}).all()
    found = [appended(row) for row in reversed(rows)]
    return found, bool(found) and found[0].seq > 1


def conversation_for_visitor(
    connection: Connection, workspace_id: int, conversation_id: str
) -> VisitorConversation | None:
    """The conversation as its visitor is welcomed with it."""
    row = connection.execute(_CONVERSATION, {"workspace": workspace_id, "conversation": conversation_id}).first()
    if row is None:
        return None
    return VisitorConversation(row.id, row.status, row.last_seq, SeenMarks(row.visitor_seen, row.operator_seen))


def entries() -> Select[Any]:
    """Entries with the id of their conversation; `appended` takes the rows."""
    return select(entry, conversation.c.id.label("conversation_id")).join(
        conversation, conversation.c.no == entry.c.conversation_no
    )


def appended(row: Any) -> Appended:
    """The entry behind a row of the table."""
    kept = NewEntry(
        row.workspace_id,
        row.conversation_id,
        row.id,
        row.at,
        row.kind,
        row.author_kind,
        row.author_id,
        row.author_name,
        row.text,
        row.event,
    )
    return Appended(kept, row.seq, row.position, repeat=False)


# Built once: to build a statement takes ten times as long as to run it, and holds the interpreter all the while.
_CONVERSATION = select(conversation).where(
    and_(conversation.c.workspace_id == bindparam("workspace"), conversation.c.id == bindparam("conversation"))
)
_POSITION = select(workspace.c.position).where(workspace.c.id == bindparam("workspace"))
_AFTER_POSITION = (
    entries()
    .where(and_(entry.c.workspace_id == bindparam("workspace"), entry.c.position > bindparam("after")))
    .order_by(entry.c.position)
    .limit(bindparam("limit", type_=Integer))
)
_NUMBER = select(conversation.c.no).where(
    conversation.c.id == bindparam("conversation"), conversation.c.workspace_id == bindparam("workspace")
)
_OF_CONVERSATION = (
    entries().where(entry.c.conversation_no == _NUMBER.scalar_subquery()).limit(bindparam("limit", type_=Integer))
)
_AFTER_SEQ = _OF_CONVERSATION.where(entry.c.seq > bindparam("after")).order_by(entry.c.seq)
_NEWEST = _OF_CONVERSATION.order_by(entry.c.seq.desc())
_BEFORE_SEQ = _NEWEST.where(entry.c.seq < bindparam("before"))
