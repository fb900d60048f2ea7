"""What those who run a server ask of it: is it alive, can it do work."""

from typing import cast

import msgspec
from litestar import Response

from crumbless.api.readiness import Readiness
from crumbless.api.request_read import AnyRequest

_NO_STORE = {"cache-control": "no-store"}


async def get_health() -> Response[bytes]:
    """GET /healthz: the process answers. What /readyz complains of no restart would mend, so nothing else is asked."""
    return Response(b'{"ok":true}', status_code=200, media_type="application/json", headers=_NO_STORE)


async def get_ready(request: AnyRequest) -> Response[bytes]:
    """GET /readyz."""
    ready = await cast(Readiness, request.app.state["readiness"]).look()
    body = msgspec.json.encode(ready)
    return Response(body, status_code=200 if ready.ready else 503, media_type="application/json", headers=_NO_STORE)
