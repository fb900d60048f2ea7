"""Append to and read the audit log. Its rows are never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select

from crumbless.audit_log.tables import audit_log


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An entry of the audit log. `number` is 0 until the entry is stored."""

    workspace: int
    at: int
    actor_kind: str
    actor_id: str
    actor_name: str
    action: str
    target_kind: str = ""
    target_id: str = ""
    target_name: str = ""
    session_id: str | None = None
    thumbprint: str | None = None
    request_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    number: int = 0


def add_audit_record(connection: Connection, entry: AuditRecord) -> None:
    """Append an entry, in the transaction of the change that it describes."""
    connection.execute(
        insert(audit_log).values(
            workspace_id=entry.workspace,
            at=entry.at,
            actor_kind=entry.actor_kind,
            actor_id=entry.actor_id,
            actor_name=entry.actor_name,
            session_id=entry.session_id,
            thumbprint=entry.thumbprint,
            request_id=entry.request_id,
            action=entry.action,
            target_kind=entry.target_kind,
            target_id=entry.target_id,
            target_name=entry.target_name,
            details=dict(entry.details),
        )
    )


def audit_log_page(
    connection: Connection, workspace: int, before: int | None, limit: int, action: str | None, actor: str | None
) -> Sequence[AuditRecord]:
    """Return the workspace's entries below the number `before`, newest first; all actions and actors if None."""
    query = select(audit_log).where(audit_log.c.workspace_id == workspace)
    if before is not None:
        query = query.where(audit_log.c.no < before)
    if action is not None:
        query = query.where(audit_log.c.action == action)
    if actor is not None:
        query = query.where(audit_log.c.actor_id == actor)
    rows = connection.execute(query.order_by(audit_log.c.no.desc()).limit(limit))
    return [
        AuditRecord(
            workspace=row.workspace_id,
            at=row.at,
            actor_kind=row.actor_kind,
            actor_id=row.actor_id,
            actor_name=row.actor_name,
            action=row.action,
            target_kind=row.target_kind,
            target_id=row.target_id,
            target_name=row.target_name,
            session_id=row.session_id,
            thumbprint=row.thumbprint,
            request_id=row.request_id,
            details=row.details,
            number=row.no,
        )
        for row in rows
    ]
