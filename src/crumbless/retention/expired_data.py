"""Finds and counts the data of a workspace whose retention period has passed.

A conversation has expired when it is closed and its last message is older than the rule of its site. Conversations that
began after the limit are skipped by the index on the start. The time of the last message is one lookup by index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, exists, func, or_, select, tuple_

from crumbless.audit_log.tables import audit_log
from crumbless.consent.tables import consent_receipt
from crumbless.core.settings import RetentionSettings
from crumbless.core.time_units import DAY_MS
from crumbless.ledger.tables import conversation, entry
from crumbless.realtime.tables import visitor
from crumbless.retention.retention_rule import RetentionRules
from crumbless.retention.rule_store import live_sites

BATCH_CONVERSATIONS = 50
BATCH_ENTRIES = 2_000
"""Limits of one transaction, which all senders wait for: about 20 ms. A single conversation may be longer."""

BATCH_ROWS = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """The times (milliseconds) before which data of a workspace has expired.

    `conversations`: (site, time of the last message) of each site whose conversations expire.
    `receipts`: (site, time) of each site.
    """

    workspace: int
    conversations: Sequence[tuple[int, int]]
    receipts: Sequence[tuple[int, int]]
    audit: int


@dataclass(frozen=True, slots=True)
class ExpiredConversation:
    """An expired conversation and its place in the order of the search."""

    id: str
    last_seq: int
    place: tuple[int, int]


def limits_at(
    connection: Connection, workspace_id: int, rules: RetentionRules, defaults: RetentionSettings, at: int
) -> Limits:
    """Return the limits that apply at this time (milliseconds)."""
    conversations: list[tuple[int, int]] = []
    receipts: list[tuple[int, int]] = []
    for site_id in live_sites(connection, workspace_id):
        days, receipt_days = rules.of_site(site_id, defaults)
        receipts.append((site_id, at - receipt_days * DAY_MS))
        if days is not None:
            conversations.append((site_id, at - days * DAY_MS))
    return Limits(workspace_id, conversations, receipts, at - rules.audit(defaults) * DAY_MS)


def is_expired(site_id: int, before: int) -> ColumnElement[bool]:
    """Return the condition for a site's closed conversations whose last message is older than `before`."""
    last_message = (
        select(entry.c.at)
        .where(entry.c.conversation_no == conversation.c.no, entry.c.kind == "message")
        .order_by(entry.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        (conversation.c.site_id == site_id)
        & conversation.c.erased_at.is_(None)
        & (conversation.c.started_at < before)
        & (conversation.c.status == "closed")
        & (last_message < before)
    )


def find_expired(
    connection: Connection, site_id: int, before: int, after: tuple[int, int]
) -> list[ExpiredConversation]:
    """Return the next expired conversations of a site, at most one batch, oldest start first.

    Args:
        after: the place of the last one that was found; (0, 0) for the beginning.
    """
    rows = connection.execute(
        select(conversation.c.id, conversation.c.no, conversation.c.started_at, conversation.c.last_seq)
        .where(is_expired(site_id, before), tuple_(conversation.c.started_at, conversation.c.no) > after)
        .order_by(conversation.c.started_at, conversation.c.no)
        .limit(BATCH_CONVERSATIONS)
    )
    found: list[ExpiredConversation] = []
    entries = 0
    for row in rows:
        entries += row.last_seq
        if found and entries > BATCH_ENTRIES:
            break
        found.append(ExpiredConversation(row.id, row.last_seq, (row.started_at, row.no)))
    return found


def still_expired(connection: Connection, site_id: int, before: int, found: Sequence[str]) -> list[str]:
    """Return those that are still expired in this transaction: a visitor may have written since they were found."""
    query = select(conversation.c.id).where(conversation.c.id.in_(found), is_expired(site_id, before))
    return [*connection.execute(query.order_by(conversation.c.no)).scalars()]


def find_receipts(connection: Connection, site_id: int, before: int) -> list[int]:
    """Return the keys of one batch of a site's consent receipts from before this time."""
    old = select(consent_receipt.c.no).where(consent_receipt.c.site_id == site_id, consent_receipt.c.at < before)
    return [*connection.execute(old.order_by(consent_receipt.c.no).limit(BATCH_ROWS)).scalars()]


def find_audit_records(connection: Connection, workspace_id: int, before: int) -> list[int]:
    """Return the keys of one batch of the workspace's entries of the audit log from before this time."""
    old = select(audit_log.c.no).where(audit_log.c.workspace_id == workspace_id, audit_log.c.at < before)
    return [*connection.execute(old.order_by(audit_log.c.no).limit(BATCH_ROWS)).scalars()]


def delete_rows(connection: Connection, table: Table, keys: Sequence[int]) -> int:
    """Delete the rows of consent_receipt or audit_log with these keys. Return their number."""
    return connection.execute(delete(table).where(table.c.no.in_(keys))).rowcount


def count_expired(connection: Connection, limits: Limits) -> dict[str, int]:
    """Return the numbers of conversations, contacts, audit entries and receipts that have expired."""
    expired = or_(False, *(is_expired(site_id, before) for site_id, before in limits.conversations))
    receipts = or_(
        False,
        *(
            (consent_receipt.c.site_id == site_id) & (consent_receipt.c.at < before)
            for site_id, before in limits.receipts
        ),
    )
    old = (audit_log.c.workspace_id == limits.workspace) & (audit_log.c.at < limits.audit)
    return {
        "conversations": _count(connection, select(conversation.c.no).where(expired)),
        "contacts": _count(connection, _lone_contacts(expired)),
        "audit_entries": _count(connection, select(audit_log.c.no).where(old)),
        "receipts": _count(connection, select(consent_receipt.c.no).where(receipts)),
    }


def _lone_contacts(expired: ColumnElement[bool]) -> Select[Any]:
    """Return a query for the contacts of expired conversations that have no other conversation."""
    numbers = select(conversation.c.no).where(expired)
    other, mate = conversation.alias("other"), visitor.alias("mate")
    keeps = exists().where(
        mate.c.contact_id == visitor.c.contact_id,
        other.c.visitor_id == mate.c.id,
        other.c.erased_at.is_(None),
        other.c.no.not_in(numbers),
    )
    return (
        select(visitor.c.contact_id)
        .join(conversation, conversation.c.visitor_id == visitor.c.id)
        .where(expired, visitor.c.contact_id.is_not(None), ~keeps)
        .distinct()
    )


def _count(connection: Connection, rows: Select[Any]) -> int:
    return connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one()
