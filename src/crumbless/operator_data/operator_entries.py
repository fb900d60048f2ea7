"""Finds the entries that an operator wrote. No index has their author, so the search reads one window at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from crumbless.ledger.tables import conversation, entry
from crumbless.ledger.timeline_read import position_of

WINDOW = 10_000
"""Entries of the workspace that one read looks at: 3 ms if the operator wrote none, 19 ms if they wrote 2,500."""

CONVERSATION = conversation.c.id.label("conversation")


def written_entries(
    connection: Connection,
    workspace: int,
    operator_id: str,
    after: int,
    *conditions: ColumnElement[bool],
    columns: Sequence[Any],
    most: int,
) -> tuple[Sequence[Row[Any]], int | None]:
    """Return the operator's next entries, and the position to continue after; None if there are no others.

    Args:
        after: the position to continue after; 0 for the beginning.
        conditions: on the entries.
        columns: of `entry`, with the position, or `CONVERSATION`.
        most: maximum of entries.
    """
    last, until = position_of(connection, workspace), after + WINDOW
    query: Any = (
        select(*columns)
        .select_from(entry)
        .join(conversation, conversation.c.no == entry.c.conversation_no)
        .where(
            entry.c.workspace_id == workspace,
            entry.c.position > after,
            entry.c.position <= until,
            entry.c.author_kind == "operator",
            entry.c.author_id == operator_id,
            *conditions,
        )
        .order_by(entry.c.position)
        .limit(most)
    )
    rows = connection.execute(query).all()
    if len(rows) == most:
        return rows, rows[-1].position
    return rows, until if until < last else None
