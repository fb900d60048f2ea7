"""Exports the audit log, as CSV or as one JSON document per line."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from typing import Literal

import msgspec

from crumbless.audit_log.audit_read import to_response
from crumbless.audit_log.audit_store import AuditRecord, audit_log_page
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.csv_export import csv_row
from crumbless.http.action_services import ActionServices
from crumbless.ledger.transaction import Transaction
from crumbless.security.access import Session

ExportFormat = Literal["csv", "jsonl"]

EXPORT_PAGE = 500
"""Entries read and written at a time."""

COLUMNS = (
    "number",
    "time",
    "actor_kind",
    "actor_id",
    "actor_name",
    "action",
    "target_kind",
    "target_id",
    "target_name",
    "session_id",
    "thumbprint",
    "request_id",
    "details",
)


def log_export(tx: Transaction, actor: Session, form: ExportFormat) -> None:
    """Log that the audit log is exported."""
    write_audit_log(tx.connection, actor, "audit_exported", details={"format": form})


async def export_audit(
    services: ActionServices, workspace: int, form: ExportFormat, action: str | None, actor: str | None
) -> AsyncIterator[bytes]:
    """Yield all entries, newest first, filtered by action and actor if they are given."""
    if form == "csv":
        yield csv_row(COLUMNS).encode()
    line = _csv_line if form == "csv" else _json_line
    read = partial(audit_log_page, workspace=workspace, limit=EXPORT_PAGE, action=action, actor=actor)
    before: int | None = None
    while page := await services.read(partial(read, before=before)):
        yield b"".join(line(one) for one in page)
        before = page[-1].number


def _csv_line(one: AuditRecord) -> bytes:
    time = datetime.fromtimestamp(one.at / 1000, UTC).isoformat(timespec="milliseconds")
    details = json.dumps(dict(one.details), ensure_ascii=False) if one.details else ""
    cells = msgspec.structs.asdict(to_response(one)) | {"time": time, "details": details}
    return csv_row([cells[name] for name in COLUMNS]).encode()


def _json_line(one: AuditRecord) -> bytes:
    return msgspec.json.encode(to_response(one)) + b"\n"
