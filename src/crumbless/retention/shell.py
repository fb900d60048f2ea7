"""The columns that remain of an erased conversation. Reports may read these columns and no others.

Retention, deletion and a visitor's erasure empty a conversation to its shell: numbers, times, kinds and sides. The
texts, names, visitors, attributes and files are deleted. A report that reads only these columns has the same result
before and after a conversation is emptied.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select

from crumbless.ledger.tables import conversation, entry
from crumbless.people.workspace_store import StaffPrivacy
from crumbless.protocol.timeline import Kind

ENTRY_COLUMNS = (
    entry.c.workspace_id,
    entry.c.position,
    entry.c.conversation_no,
    entry.c.seq,
    entry.c.visitor_seq,
    entry.c.id,
    entry.c.at,
    entry.c.kind,
    entry.c.author_kind,
)
"""The columns of an entry that emptying does not change. See `OPERATOR_ID` for the author."""

OPERATOR_ID = entry.c.author_id
"""The operator's ID, in entries whose author is an operator. It remains. A visitor's ID is emptied."""

CONVERSATION_COLUMNS = (
    conversation.c.no,
    conversation.c.id,
    conversation.c.workspace_id,
    conversation.c.number,
    conversation.c.site_id,
    conversation.c.team_id,
    conversation.c.operator_id,
    conversation.c.labels,
    conversation.c.priority,
    conversation.c.started_at,
)
"""The columns of a conversation that emptying does not change."""

ADDED_KINDS: frozenset[Kind] = frozenset({"erased"})
"""The kinds of entries that emptying adds. Reports do not count them."""


def shells(workspace: int, privacy: StaffPrivacy) -> Select[Any]:
    """Return a query for the workspace's entries that reports may count, with all columns that they may read.

    `operator_id` is empty if the workspace has turned off reports about single operators.
    """
    operator = (OPERATOR_ID if privacy.operator_reports else literal("")).label("operator_id")
    of_conversation = [column.label(f"conversation_{column.name}") for column in CONVERSATION_COLUMNS]
    columns: list[ColumnElement[Any]] = [*ENTRY_COLUMNS, operator, *of_conversation]
    return (
        select(*columns)
        .select_from(entry)
        .join(conversation, conversation.c.no == entry.c.conversation_no)
        .where(entry.c.workspace_id == workspace, entry.c.kind.not_in([*ADDED_KINDS]))
    )
