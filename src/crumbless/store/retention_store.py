"""What has been kept long enough, removed in small batches. Every function returns how many rows it removed."""

from typing import Any

from sqlalchemy import Connection, Select, Table, delete, or_, select

from crumbless.store.tables import consent_receipt, session
from crumbless.store.tables_people import audit_log, known_network, task


def remove_receipts(connection: Connection, before: int, limit: int) -> int:
    """Remove consent records that were made before then (milliseconds)."""
    old = select(consent_receipt.c.no).where(consent_receipt.c.at < before)
    return _remove(connection, consent_receipt, consent_receipt.c.no, old, limit)


def remove_audit_records(connection: Connection, before: int, limit: int) -> int:
    """Remove entries of the audit log from before then."""
    old = select(audit_log.c.no).where(audit_log.c.at < before)
    return _remove(connection, audit_log, audit_log.c.no, old, limit)


def remove_ended_sessions(connection: Connection, before: int, limit: int) -> int:
    """Remove sessions that ended or expired before then."""
    old = select(session.c.id).where(or_(session.c.ended_at < before, session.c.expires_at < before))
    return _remove(connection, session, session.c.id, old, limit)


def remove_networks(connection: Connection, before: int, limit: int) -> int:
    """Remove networks from which their operator has not signed in since then."""
    old = select(known_network.c.id).where(known_network.c.seen_at < before)
    return _remove(connection, known_network, known_network.c.id, old, limit)


def remove_dead_tasks(connection: Connection, before: int, limit: int) -> int:
    """Remove what was given up before then."""
    old = select(task.c.id).where(task.c.dead_at < before)
    return _remove(connection, task, task.c.id, old, limit)


def _remove(connection: Connection, table: Table, key: Any, old: Select[Any], limit: int) -> int:
    # Rows that another node removes at this moment are passed over, not waited for.
    chosen = old.limit(limit).with_for_update(skip_locked=True).scalar_subquery()
    return connection.execute(delete(table).where(key.in_(chosen))).rowcount
