"""The audit log, page by page or as a whole, over HTTP."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar.response import Stream

from crumbless.actions.audit_write import write_audit
from crumbless.api.call import OperatorCall
from crumbless.api.long_response import while_alive
from crumbless.domain.csv_cell import csv_row
from crumbless.domain.wire_people import ActorKind, AuditEntryView, AuditPage
from crumbless.store.audit_store import AuditEntry, audit_page

EXPORT_PAGE = 500
"""Entries read and written at a time."""

COLUMNS = (
    "no",
    "time",
    "actor_kind",
    "actor_id",
    "actor_name",
    "act",
    "target_kind",
    "target_id",
    "target_name",
    "session_id",
    "thumbprint",
    "request_id",
    "details",
)


class AuditFilter(msgspec.Struct, frozen=True):
    """Which entries: of which act and actor, where one is named."""

    act: Annotated[str, msgspec.Meta(pattern="^[a-z_]{1,48}$")] | None = None
    actor: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9-]{1,64}$")] | None = None


class AuditQuery(AuditFilter, frozen=True):
    """Which page: the entries below a number, newest first."""

    before: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class AuditExportQuery(AuditFilter, frozen=True):
    """In which format."""

    format: Literal["csv", "jsonl"] = "csv"


async def get_audit(call: OperatorCall, query: AuditQuery) -> AuditPage:
    """Return a page of the audit log."""
    found = await _read(call, query, query.before, query.limit + 1)
    return AuditPage([_tell(one) for one in found[: query.limit]], len(found) > query.limit)


async def get_audit_export(call: OperatorCall, query: AuditExportQuery) -> Stream:
    """Return the audit log as a file."""
    # Logged before the first byte: an export that is cut short was one too.
    await call.write(write_audit, "audit_exported", details={"format": query.format})
    lines = _csv_lines(call, query) if query.format == "csv" else _json_lines(call, query)
    media_type = "text/csv" if query.format == "csv" else "application/jsonl"
    headers = {"content-disposition": f'attachment; filename="audit-log.{query.format}"'}
    return Stream(while_alive(call.request, call.session, lines), media_type=media_type, headers=headers)


async def _read(call: OperatorCall, wanted: AuditFilter, before: int | None, limit: int) -> Sequence[AuditEntry]:
    return await call.read(audit_page, call.workspace, before, limit, wanted.act, wanted.actor)


async def _pages(call: OperatorCall, wanted: AuditFilter) -> AsyncIterator[Sequence[AuditEntry]]:
    before: int | None = None
    while page := await _read(call, wanted, before, EXPORT_PAGE):
        yield page
        before = page[-1].no


async def _csv_lines(call: OperatorCall, wanted: AuditFilter) -> AsyncIterator[bytes]:
    yield csv_row(COLUMNS).encode()
    async for page in _pages(call, wanted):
        yield "".join(csv_row(_cells(one)) for one in page).encode()


def _cells(one: AuditEntry) -> Sequence[object]:
    time = datetime.fromtimestamp(one.at / 1000, UTC).isoformat(timespec="milliseconds")
    told = _tell(one)
    named = {name: getattr(told, name) for name in COLUMNS if name not in {"time", "details"}}
    details = json.dumps(dict(one.details), ensure_ascii=False) if one.details else ""
    return [{**named, "time": time, "details": details}[name] for name in COLUMNS]


async def _json_lines(call: OperatorCall, wanted: AuditFilter) -> AsyncIterator[bytes]:
    async for page in _pages(call, wanted):
        yield b"".join(msgspec.json.encode(_tell(one)) + b"\n" for one in page)


def _tell(one: AuditEntry) -> AuditEntryView:
    return AuditEntryView(
        no=one.no,
        at=one.at,
        actor_kind=cast(ActorKind, one.actor_kind),
        actor_id=one.actor_id,
        actor_name=one.actor_name,
        act=one.act,
        target_kind=one.target_kind,
        target_id=one.target_id,
        target_name=one.target_name,
        session_id=one.session_id,
        thumbprint=one.thumbprint,
        request_id=one.request_id,
        details=dict(one.details),
    )
