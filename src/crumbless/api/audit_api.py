"""The audit log, page by page or as a whole, over HTTP."""

import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

import msgspec
from litestar import Response
from litestar.response import Stream

from crumbless.actions.audit_write import write_audit
from crumbless.api.long_response import while_alive
from crumbless.api.request_read import AnyRequest, platform_of, read_choice, read_number, read_operator
from crumbless.domain.csv_cell import csv_row
from crumbless.domain.ports import ReaderPort
from crumbless.domain.wire_people import ActorKind, AuditEntryView, AuditPage
from crumbless.errors import Refused
from crumbless.store.audit_store import AuditEntry, audit_page

MAX_NUMBER = 2**31 - 1

EXPORT_PAGE = 500
"""Entries read and written at a time."""

Format = Literal["csv", "jsonl"]

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

_is_act = re.compile(r"[a-z_]{1,48}", re.ASCII).fullmatch
_is_actor = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII).fullmatch


@dataclass(frozen=True, slots=True)
class _Wish:
    """Which entries: of which workspace, of which act and actor where one is named."""

    workspace: int
    act: str | None
    actor: str | None


async def get_audit(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/audit."""
    session = await read_operator(request)
    before = read_number(request, "before", 0, MAX_NUMBER)
    limit = read_number(request, "limit", 1, 200) or 50
    wish = _read_wish(request, session.workspace)
    found = await _read(platform_of(request).reader, wish, before, limit + 1)
    page = AuditPage([_tell(one) for one in found[:limit]], len(found) > limit)
    return Response(msgspec.json.encode(page), status_code=200, media_type="application/json")


async def get_audit_export(request: AnyRequest) -> Stream:
    """GET /v1/desk/audit/export."""
    session = await read_operator(request)
    form = read_choice(request, "format", ("csv", "jsonl")) or "csv"
    wish = _read_wish(request, session.workspace)
    platform = platform_of(request)
    # Before it is given away, not after: an export that is cut short was one too.
    await platform.ledger.write(
        lambda connection: write_audit(connection, session, "audit_exported", details={"format": form})
    )
    lines = _csv_lines(platform.reader, wish) if form == "csv" else _json_lines(platform.reader, wish)
    media_type = "text/csv" if form == "csv" else "application/jsonl"
    headers = {"content-disposition": f'attachment; filename="audit-log.{form}"'}
    return Stream(while_alive(request, session, lines), media_type=media_type, headers=headers)


def _read_wish(request: AnyRequest, workspace: int) -> _Wish:
    return _Wish(workspace, _read_word(request, "act", _is_act), _read_word(request, "actor", _is_actor))


def _read_word(request: AnyRequest, name: str, is_good: Callable[[str], object]) -> str | None:
    text = request.query_params.get(name)
    if text is not None and not is_good(text):
        raise Refused("invalid", f"{name} is a word of letters, digits and hyphens.")
    return text


async def _read(reader: ReaderPort, wish: _Wish, before: int | None, limit: int) -> Sequence[AuditEntry]:
    return await reader.read(
        lambda connection: audit_page(connection, wish.workspace, before, limit, wish.act, wish.actor)
    )


async def _pages(reader: ReaderPort, wish: _Wish) -> AsyncIterator[Sequence[AuditEntry]]:
    before: int | None = None
    while page := await _read(reader, wish, before, EXPORT_PAGE):
        yield page
        before = page[-1].no


async def _csv_lines(reader: ReaderPort, wish: _Wish) -> AsyncIterator[bytes]:
    yield csv_row(COLUMNS).encode()
    async for page in _pages(reader, wish):
        yield "".join(csv_row(_cells(one)) for one in page).encode()


def _cells(one: AuditEntry) -> Sequence[object]:
    time = datetime.fromtimestamp(one.at / 1000, UTC).isoformat(timespec="milliseconds")
    told = _tell(one)
    named = {name: getattr(told, name) for name in COLUMNS if name not in {"time", "details"}}
    details = json.dumps(dict(one.details), ensure_ascii=False) if one.details else ""
    return [{**named, "time": time, "details": details}[name] for name in COLUMNS]


async def _json_lines(reader: ReaderPort, wish: _Wish) -> AsyncIterator[bytes]:
    async for page in _pages(reader, wish):
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
