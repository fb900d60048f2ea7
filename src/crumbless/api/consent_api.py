"""Consent records: made from the pages of sites, shown to whoever has their number, verified with our keys."""

import msgspec
from litestar import Response
from sqlalchemy import Connection

from crumbless.actions.consent_follow import follow_consent
from crumbless.actions.consent_record import record_consent, show_keys
from crumbless.api.guard import answer_refusal
from crumbless.api.request_read import (
    AnyRequest,
    client_network,
    platform_of,
    read_caller,
    read_json,
    take_token,
)
from crumbless.domain.consent import VisitorConsent, is_receipt, receipt_document
from crumbless.domain.wire import ConsentRequest
from crumbless.errors import Refused
from crumbless.store.consent_store import find_record, is_known_origin, newest_of_chain, site_of_record
from crumbless.store.people_store import Site, find_site

PREFLIGHT_SECONDS = 7_200
"""How long a browser may remember that a page may ask: as long as Chromium remembers anything."""

GPC_SINCE = "2026-11-24"
"""Since when Global Privacy Control is honoured (see docs/tags.md)."""


async def options_consent(request: AnyRequest) -> Response[None]:
    """OPTIONS /v1/consent: whether a page of this origin may ask at all."""
    origin = request.headers.get("origin", "")
    take_token(platform_of(request).limits.consents, client_network(request))
    if not await platform_of(request).reader.read(lambda connection: is_known_origin(connection, origin)):
        raise Refused("foreign_origin")
    allowed = {
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": str(PREFLIGHT_SECONDS),
    }
    return Response(None, status_code=204, headers=_open_to(origin) | allowed)


async def post_consent(request: AnyRequest) -> Response[bytes]:
    """POST /v1/consent."""
    platform = platform_of(request)
    take_token(platform.limits.consents, client_network(request))
    wanted = await read_json(request, ConsentRequest)
    site = await platform.reader.read(lambda connection: find_site(connection, wanted.site))
    if site is None:
        raise Refused("not_found", "There is no site with this key.")
    origin = _origin_of(request, site)
    try:
        take_token(platform.limits.site_consents, site.id)
        answer = await record_consent(wanted, site, platform.ledger, platform.couriers)
    except Refused as refused:
        # The page is one of the site's: it may read why.
        told = answer_refusal(request, refused)
        told.headers.update(_open_to(origin))
        return told
    return _json(answer, 201, _open_to(origin))


def _origin_of(request: AnyRequest, site: Site) -> str:
    """The origin of the page that asks, if it is the site's or ours. Raises Refused `foreign_origin`."""
    origin = request.headers.get("origin", "")
    if origin not in {*site.origins, platform_of(request).settings.address}:
        raise Refused("foreign_origin")
    return origin


def _open_to(origin: str) -> dict[str, str]:
    return {"access-control-allow-origin": origin, "vary": "origin"}


async def get_consent(request: AnyRequest) -> Response[bytes]:
    """GET /v1/consent/RECEIPT: whoever has the number may see the record, and only they."""
    platform = platform_of(request)
    take_token(platform.limits.consents, client_network(request))
    receipt: str = request.path_params["receipt"]

    def read(connection: Connection) -> dict[str, object] | None:
        found = find_record(connection, receipt) if is_receipt(receipt) else None
        if found is None:
            return None
        record, signature = found
        newest = newest_of_chain(connection, record.chain)
        latest = newest is not None and newest.receipt == record.receipt
        name = site_of_record(connection, record).name
        return receipt_document(record, signature, name, platform.settings.address, latest)

    document = await platform.reader.read(read)
    if document is None:
        raise Refused("not_found", "There is no receipt with this number.")
    return Response(msgspec.json.encode(document), status_code=200, media_type="application/ld+json")


async def get_keys(request: AnyRequest) -> Response[bytes]:
    """GET /consent/keys.json."""
    return _json(await show_keys(platform_of(request).ledger, platform_of(request).reader), 200, _public(3_600))


async def get_gpc() -> Response[bytes]:
    """GET /.well-known/gpc.json (Global Privacy Control, W3C draft)."""
    return _json({"gpc": True, "lastUpdate": GPC_SINCE}, 200, _public(86_400))


def _public(seconds: int) -> dict[str, str]:
    return {"cache-control": f"public, max-age={seconds}", "access-control-allow-origin": "*"}


async def post_visitor_consent(request: AnyRequest) -> Response[None]:
    """POST /v1/visitor/consent."""
    platform = platform_of(request)
    session = await read_caller(request)
    if session.role != "visitor":
        raise Refused("forbidden")
    wanted = await read_json(request, VisitorConsent)
    await follow_consent(session.conversation, wanted.receipt, platform.ledger, platform.reader)
    return Response(None, status_code=204)


def _json(answer: object, status: int, headers: dict[str, str]) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), status_code=status, media_type="application/json", headers=headers)
