"""Receipts of deletions: what was deleted, when, and how many. They contain no personal data."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from crumbless.core.ids import new_id, now_ms
from crumbless.retention.retention_wire import DeletionKind, DeletionReceipt
from crumbless.retention.tables import deletion

Counts = Mapping[str, int]


def begin_deletion(connection: Connection, workspace_id: int, kind: DeletionKind, operator: str = "") -> str:
    """Store the receipt of a deletion that begins. Return its ID."""
    deletion_id = new_id()
    values = {"id": deletion_id, "workspace_id": workspace_id, "kind": kind, "operator_id": operator}
    connection.execute(insert(deletion).values(started_at=now_ms(), counts={}, **values))
    return deletion_id


def add_counts(connection: Connection, deletion_id: str, counts: Counts) -> None:
    """Add the numbers of rows that were deleted in this transaction."""
    of_id = deletion.c.id == deletion_id
    before = connection.execute(select(deletion.c.counts).where(of_id).with_for_update()).scalar_one()
    total = {name: before.get(name, 0) + counts.get(name, 0) for name in {*before, *counts}}
    connection.execute(update(deletion).where(of_id).values(counts=dict(sorted(total.items()))))


def finish_deletion(connection: Connection, deletion_id: str) -> DeletionReceipt:
    """Complete the receipt and return it."""
    connection.execute(update(deletion).where(deletion.c.id == deletion_id).values(finished_at=now_ms()))
    return _receipt(connection.execute(select(deletion).where(deletion.c.id == deletion_id)).one())


def unfinished_deletion(connection: Connection, workspace_id: int, kind: DeletionKind) -> str | None:
    """Return the ID of a deletion that was interrupted."""
    query = select(deletion.c.id).where(deletion.c.workspace_id == workspace_id, deletion.c.kind == kind)
    return connection.execute(query.where(deletion.c.finished_at.is_(None)).limit(1)).scalar()


def last_finished(connection: Connection, workspace_id: int, kind: DeletionKind) -> DeletionReceipt | None:
    """Return the receipt of the last completed deletion of this kind."""
    query = select(deletion).where(deletion.c.workspace_id == workspace_id, deletion.c.kind == kind)
    row = connection.execute(
        query.where(deletion.c.finished_at.is_not(None)).order_by(deletion.c.started_at.desc()).limit(1)
    ).first()
    return None if row is None else _receipt(row)


def list_deletions(connection: Connection, workspace_id: int, limit: int) -> list[DeletionReceipt]:
    """Return the newest receipts of a workspace, newest first."""
    query = select(deletion).where(deletion.c.workspace_id == workspace_id)
    rows = connection.execute(query.order_by(deletion.c.started_at.desc(), deletion.c.id.desc()).limit(limit))
    return [_receipt(row) for row in rows]


def _receipt(row: Row[Any]) -> DeletionReceipt:
    return DeletionReceipt(row.id, row.kind, row.operator_id, row.started_at, row.finished_at, row.counts)


def find_deletion(connection: Connection, workspace_id: int, deletion_id: str) -> DeletionReceipt | None:
    """Return a receipt of the workspace."""
    query = select(deletion).where(deletion.c.workspace_id == workspace_id, deletion.c.id == deletion_id)
    row = connection.execute(query).first()
    return None if row is None else _receipt(row)
