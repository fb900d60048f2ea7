"""The audit log, page by page or as a whole, over HTTP."""

from typing import Annotated

import msgspec
from litestar.response import Stream

from crumbless.audit_log.audit_export import ExportFormat, export_audit, log_export
from crumbless.audit_log.audit_read import read_audit
from crumbless.audit_log.audit_wire import AuditLogPage
from crumbless.http.call import OperatorCall
from crumbless.http.long_response import while_alive


class AuditFilter(msgspec.Struct, frozen=True):
    """The action and the actor of the requested entries, if they are given."""

    action: Annotated[str, msgspec.Meta(pattern="^[a-z_]{1,48}$")] | None = None
    actor: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9-]{1,64}$")] | None = None


class AuditQuery(AuditFilter, frozen=True):
    """The requested page: the entries below a number, newest first."""

    before: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class AuditExportQuery(AuditFilter, frozen=True):
    """The format of the export."""

    format: ExportFormat = "csv"


async def get_audit_log(call: OperatorCall, query: AuditQuery) -> AuditLogPage:
    """Return a page of the audit log."""
    return await call.read(read_audit, call.workspace, query.before, query.limit, query.action, query.actor)


async def get_audit_log_export(call: OperatorCall, query: AuditExportQuery) -> Stream:
    """Return the audit log as a file."""
    # Logged before the first byte, so that an interrupted export is logged too.
    await call.write(log_export, query.format)
    lines = export_audit(call.services, call.workspace, query.format, query.action, query.actor)
    media_type = "text/csv" if query.format == "csv" else "application/jsonl"
    headers = {"content-disposition": f'attachment; filename="audit-log.{query.format}"'}
    return Stream(while_alive(call.request, call.session, lines), media_type=media_type, headers=headers)
