"""Counts the rows of a workspace's data."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, Table, func, literal, select

from crumbless.accounts.tables import known_network, one_time_token, passkey
from crumbless.audit_log.tables import audit_log
from crumbless.consent.tables import consent_receipt
from crumbless.files.tables import file
from crumbless.ledger.tables import conversation, task, team
from crumbless.people.tables import invitation
from crumbless.realtime.tables import operator, session, visitor
from crumbless.tasks.task import EVENT_KINDS
from crumbless.visitors.tables import ban, contact

MOST = 100_000
"""Rows that are counted at most: about 10 ms of a reader thread. A larger table has "more than" so many."""

TRANSFERS = ("continue_link", "continue_code")

COUNTED: Mapping[str, tuple[Table, tuple[ColumnElement[bool], ...]]] = {
    "conversations": (conversation, ()),
    "visitors": (visitor, ()),
    "networkHashes": (visitor, (visitor.c.network_seen_at.is_not(None),)),
    "visitorSessions": (session, (session.c.visitor_id.is_not(None),)),
    "contacts": (contact, ()),
    "deviceTransfers": (one_time_token, (one_time_token.c.kind.in_(TRANSFERS),)),
    "visitorEmails": (task, (task.c.kind == "mail", task.c.about != "")),
    "bans": (ban, ()),
    "receipts": (consent_receipt, ()),
    "vendorEvents": (task, (task.c.kind.in_([*EVENT_KINDS]),)),
    "accounts": (operator, ()),
    "factors": (passkey, ()),
    "operatorSessions": (session, (session.c.operator_id.is_not(None),)),
    "operatorNetworks": (known_network, ()),
    "photos": (file, ()),
    "teams": (team, ()),
    "invitations": (invitation, ()),
    "operatorLinks": (one_time_token, (one_time_token.c.kind.not_in(TRANSFERS),)),
    "operatorEmails": (task, (task.c.kind == "mail", task.c.about == "")),
    "auditLog": (audit_log, ()),
}
"""The rows that are counted for data. Other data is not counted."""


def count_data(connection: Connection, workspace_id: int) -> dict[str, int]:
    """Return the numbers of the workspace's rows by data, each at most MOST + 1."""
    return {name: _count(connection, workspace_id, *COUNTED[name]) for name in COUNTED}


def _count(connection: Connection, workspace_id: int, table: Table, conditions: tuple[ColumnElement[bool], ...]) -> int:
    some = select(literal(1).label("one")).select_from(table).where(table.c.workspace_id == workspace_id, *conditions)
    return connection.execute(select(func.count()).select_from(some.limit(MOST + 1).subquery())).scalar_one()
