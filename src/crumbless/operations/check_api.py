"""The endpoint of the connection check, which shows how a proxy changes requests and responses.

`crumbless check` and the desk's "Connection check" use it. It needs no session, so the response contains only data of
the request itself and data that is in every page of this server.
"""

import secrets

from crumbless.core.ids import wall_ms
from crumbless.http.call import PublicCall
from crumbless.http.client_address import is_trusted
from crumbless.operations.operation_wire import ConnectionCheckResponse


async def check(call: PublicCall, body: bytes) -> ConnectionCheckResponse:
    """Return how the request arrived."""
    request, settings = call.request, call.platform.settings
    peer = request.client.host if request.client else ""
    return ConnectionCheckResponse(
        address=settings.server.address,
        at=wall_ms(),
        draw=secrets.token_urlsafe(12),
        bytes=len(body),
        forwarded="x-forwarded-for" in request.headers,
        trusted=is_trusted(peer, settings.server.trusted_proxies),
    )
