"""Consent receipts, over HTTP. The pages of sites create them, and a receipt's ID is needed to read it."""

from typing import Any

from litestar import Response

from crumbless.consent.consent_limits import ConsentLimits
from crumbless.consent.consent_record import find_receipt_document, show_keys, store_consent
from crumbless.consent.consent_store import is_known_origin
from crumbless.consent.consent_wire import ConsentRequest
from crumbless.core.errors import ApiError
from crumbless.core.time_units import DAY_SECONDS, HOUR_SECONDS
from crumbless.http.call import PublicCall, respond
from crumbless.http.middleware import error_response
from crumbless.http.request import take_token
from crumbless.sites.site_store import Site, find_site

PREFLIGHT_SECONDS = 7_200
"""How long a browser may cache the response to a preflight: the longest time that Chromium allows."""

GPC_SINCE = "2026-11-24"
"""Date since which Global Privacy Control is honoured (see docs/tags.md)."""


async def options_consent(call: PublicCall) -> Response[None]:
    """Respond to a preflight. Allow it if a site has this origin."""
    origin = call.request.headers.get("origin", "")
    if not await call.read(is_known_origin, origin):
        raise ApiError("foreign_origin")
    allowed = {
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": str(PREFLIGHT_SECONDS),
    }
    return Response(None, status_code=204, headers=_open_to(origin) | allowed)


async def post_consent(call: PublicCall, wanted: ConsentRequest) -> Response[bytes]:
    """Store a consent choice and return its receipt."""
    site = await call.read(find_site, wanted.site)
    if site is None:
        raise ApiError("not_found", "There is no site with this key.")
    origin = _origin_of(call, site)
    try:
        take_token(call.of(ConsentLimits).site_consents, site.id)
        receipt = await call.write(store_consent, site, wanted)
    except ApiError as error:
        # The page belongs to the site, so it may read the error.
        refusal = error_response(call.request, error)
        refusal.headers.update(_open_to(origin))
        return refusal
    return respond(receipt, 201, _open_to(origin))


def _origin_of(call: PublicCall, site: Site) -> str:
    """Return the origin of the page. Raises ApiError `foreign_origin` unless it is the site's or the server's."""
    origin = call.request.headers.get("origin", "")
    if origin not in {*site.origins, call.address}:
        raise ApiError("foreign_origin")
    return origin


def _open_to(origin: str) -> dict[str, str]:
    return {"access-control-allow-origin": origin, "vary": "origin"}


async def get_consent(call: PublicCall, receipt: str) -> dict[str, Any]:
    """Return the consent receipt with this ID. The ID is secret."""
    document = await call.read(find_receipt_document, receipt, call.address)
    if document is None:
        raise ApiError("not_found", "There is no receipt with this ID.")
    return document


async def get_keys(call: PublicCall) -> Response[bytes]:
    """Return the keys that sign receipts."""
    return respond(await show_keys(call.services), headers=_public(HOUR_SECONDS))


async def get_gpc(_call: PublicCall) -> Response[bytes]:
    """Declare that Global Privacy Control is honoured (W3C draft)."""
    return respond({"gpc": True, "lastUpdate": GPC_SINCE}, headers=_public(DAY_SECONDS))


def _public(seconds: int) -> dict[str, str]:
    return {"cache-control": f"public, max-age={seconds}", "access-control-allow-origin": "*"}
