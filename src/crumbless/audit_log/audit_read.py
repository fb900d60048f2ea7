"""Reads the audit log, page by page."""

import msgspec
from sqlalchemy import Connection

from crumbless.audit_log.audit_store import AuditRecord, audit_log_page
from crumbless.audit_log.audit_wire import AuditLogPage, AuditRecordResponse


def read_audit(
    connection: Connection, workspace: int, before: int | None, limit: int, action: str | None, actor: str | None
) -> AuditLogPage:
    """Return the newest entries with a number below `before`, filtered by action and actor if they are given."""
    found = audit_log_page(connection, workspace, before, limit + 1, action, actor)
    return AuditLogPage([to_response(one) for one in found[:limit]], len(found) > limit)


def to_response(one: AuditRecord) -> AuditRecordResponse:
    """Return a stored entry as clients receive it."""
    return msgspec.convert(one, AuditRecordResponse, from_attributes=True)
