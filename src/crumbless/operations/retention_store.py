"""Deletes rows that have reached their maximum age, in small batches. Every function returns the number of rows."""

from typing import Any

from sqlalchemy import Connection, Select, Table, delete, or_, select, update

from crumbless.accounts.tables import known_network
from crumbless.ledger.tables import task
from crumbless.realtime.tables import session, visitor
from crumbless.visitors.tables import ban


def remove_ended_sessions(connection: Connection, before: int, limit: int) -> int:
    """Delete sessions that ended or expired before this time."""
    old = select(session.c.id).where(or_(session.c.ended_at < before, session.c.expires_at < before))
    return _remove(connection, session, session.c.id, old, limit)


def remove_networks(connection: Connection, before: int, limit: int) -> int:
    """Delete networks from which their operator has not signed in since this time."""
    old = select(known_network.c.id).where(known_network.c.seen_at < before)
    return _remove(connection, known_network, known_network.c.id, old, limit)


def empty_network_hashes(connection: Connection, before: int, limit: int) -> int:
    """Empty the network hashes of visitors who have not started a conversation since this time.

    A ban has its own copy, so it does not depend on them.
    """
    old = select(visitor.c.id).where(visitor.c.network_seen_at < before)
    chosen = old.limit(limit).with_for_update(skip_locked=True).scalar_subquery()
    empty = update(visitor).where(visitor.c.id.in_(chosen)).values(network_hash=None, network_seen_at=None)
    return connection.execute(empty).rowcount


def remove_ended_bans(connection: Connection, before: int, limit: int) -> int:
    """Delete bans that ended or were lifted before this time."""
    old = select(ban.c.id).where(or_(ban.c.ends_at < before, ban.c.lifted_at < before))
    return _remove(connection, ban, ban.c.id, old, limit)


def remove_dead_tasks(connection: Connection, before: int, limit: int) -> int:
    """Delete failed jobs that used their last attempt before this time."""
    old = select(task.c.id).where(task.c.dead_at < before)
    return _remove(connection, task, task.c.id, old, limit)


def _remove(connection: Connection, table: Table, key: Any, old: Select[Any], limit: int) -> int:
    # Rows that another node deletes at this moment are skipped, not waited for.
    chosen = old.limit(limit).with_for_update(skip_locked=True).scalar_subquery()
    return connection.execute(delete(table).where(key.in_(chosen))).rowcount
