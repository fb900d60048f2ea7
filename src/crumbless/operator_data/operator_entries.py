"""Finds the entries that an operator wrote. No index has their author, so the search reads one window at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from crumbless.ledger.tables import conversation, entry
from crumbless.ledger.timeline_read import position_of

WINDOW = 10_000
"""Entries of the workspace that one read looks at: about 20 ms."""


def written_entries(
    connection: Connection, workspace: int, operator_id: str, after: int
) -> tuple[Sequence[Row[Any]], int | None]:
    """Return the operator's entries in the next window, with their conversations, and the position to continue after.

    After the last window the position is null.
    """
    last = position_of(connection, workspace)
    until = after + WINDOW
    rows = connection.execute(
        select(entry, conversation.c.id.label("conversation"))
        .join(conversation, conversation.c.no == entry.c.conversation_no)
        .where(
            entry.c.workspace_id == workspace,
            entry.c.position > after,
            entry.c.position <= until,
            entry.c.author_kind == "operator",
            entry.c.author_id == operator_id,
        )
        .order_by(entry.c.position)
    ).all()
    return rows, until if until < last else None
