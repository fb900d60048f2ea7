"""Reads of the timeline: what came after a position, what came after a seq, the last entries before one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, select

from crumbless.domain.entry import NewEntry
from crumbless.domain.ports import Appended
from crumbless.domain.wire import SeenMarks, VisitorConversation
from crumbless.store.tables import conversation, entry, workspace


def position_of(connection: Connection, workspace_id: int) -> int:
    """The position of the workspace's newest entry."""
    return connection.execute(select(workspace.c.position).where(workspace.c.id == workspace_id)).scalar() or 0


def positions_of(connection: Connection, workspace_ids: Sequence[int]) -> dict[int, int]:
    """The positions of several workspaces."""
    rows = connection.execute(select(workspace.c.id, workspace.c.position).where(workspace.c.id.in_([*workspace_ids])))
    return {row.id: row.position for row in rows}


def entries_after_position(connection: Connection, workspace_id: int, after: int, limit: int) -> list[Appended]:
    """The workspace's next entries, in position order."""
    query = (
        entries()
        .where(and_(entry.c.workspace_id == workspace_id, entry.c.position > after))
        .order_by(entry.c.position)
        .limit(limit)
    )
    return [appended(row) for row in connection.execute(query)]


def entries_after_seq(
    connection: Connection, workspace_id: int, conversation_id: str, after: int, limit: int
) -> list[Appended]:
    """The conversation's next entries, in seq order."""
    query = (
        entries()
        .where(in_conversation(workspace_id, conversation_id), entry.c.seq > after)
        .order_by(entry.c.seq)
        .limit(limit)
    )
    return [appended(row) for row in connection.execute(query)]


def entries_before_seq(
    connection: Connection, workspace_id: int, conversation_id: str, before: int | None, limit: int
) -> tuple[list[Appended], bool]:
    """The conversation's last entries before a seq (None: the newest), in seq order, and whether earlier ones exist."""
    query = entries().where(in_conversation(workspace_id, conversation_id))
    if before is not None:
        query = query.where(entry.c.seq < before)
    rows = connection.execute(query.order_by(entry.c.seq.desc()).limit(limit)).all()
    found = [appended(row) for row in reversed(rows)]
    return found, bool(found) and found[0].seq > 1


def conversation_for_visitor(
    connection: Connection, workspace_id: int, conversation_id: str
) -> VisitorConversation | None:
    """The conversation as its visitor is welcomed with it."""
    row = connection.execute(
        select(conversation).where(
            and_(conversation.c.workspace_id == workspace_id, conversation.c.id == conversation_id)
        )
    ).first()
    if row is None:
        return None
    return VisitorConversation(row.id, row.status, row.last_seq, SeenMarks(row.visitor_seen, row.operator_seen))


def entries() -> Select[Any]:
    """Entries with the id of their conversation; `appended` takes the rows."""
    return select(entry, conversation.c.id.label("conversation_id")).join(
        conversation, conversation.c.no == entry.c.conversation_no
    )


def in_conversation(workspace_id: int, conversation_id: str) -> ColumnElement[bool]:
    """The condition that an entry is one of this conversation in this workspace."""
    number = select(conversation.c.no).where(conversation.c.id == conversation_id).scalar_subquery()
    return and_(entry.c.workspace_id == workspace_id, entry.c.conversation_no == number)


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
