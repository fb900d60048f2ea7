"""What `crumbless check` and the desk's "Connection check" ask, to see what a proxy does to requests and answers.

Anybody may ask, so it tells nothing but what the caller sent, and what every page of ours tells anyway.
"""

import secrets

import msgspec
from litestar import Response

from crumbless.api.client_address import is_trusted
from crumbless.api.request_read import AnyRequest, client_network, platform_of, read_body, take_token
from crumbless.domain.wire_operation import CheckAnswer
from crumbless.ids import wall_ms


async def check(request: AnyRequest) -> Response[bytes]:
    """GET and POST /v1/check: how the request arrived."""
    platform = platform_of(request)
    take_token(platform.limits.checks, client_network(request))
    body = await read_body(request) if request.method == "POST" else b""
    peer = request.client.host if request.client else ""
    answer = CheckAnswer(
        address=platform.settings.address,
        at=wall_ms(),
        draw=secrets.token_urlsafe(12),
        bytes=len(body),
        forwarded="x-forwarded-for" in request.headers,
        believed=is_trusted(peer, platform.settings.trusted_proxies),
    )
    return Response(msgspec.json.encode(answer), status_code=200, media_type="application/json")
