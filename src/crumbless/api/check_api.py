"""What `crumbless check` and the desk's "Connection check" request, to see what a proxy does to requests and responses.

Anyone may request it, so it contains only what the caller sent, and what every page of this server contains.
"""

import secrets

from crumbless.api.call import PublicCall
from crumbless.api.client_address import is_trusted
from crumbless.domain.wire_operation import ConnectionCheckResponse
from crumbless.ids import wall_ms


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
