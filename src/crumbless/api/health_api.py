"""What those who run a server ask of it: is it alive, can it do work, how much does it do."""

from typing import TYPE_CHECKING, cast

import msgspec
from litestar import Response

from crumbless.api.readiness import Readiness
from crumbless.api.request_read import AnyRequest, platform_of
from crumbless.errors import Refused

if TYPE_CHECKING:
    from crumbless.api.metrics_view import Metrics

_NO_STORE = {"cache-control": "no-store"}


async def get_health() -> Response[bytes]:
    """GET /healthz: the process answers. A restart would mend little of what /readyz complains of."""
    return Response(b'{"ok":true}', status_code=200, media_type="application/json", headers=_NO_STORE)


async def get_ready(request: AnyRequest) -> Response[bytes]:
    """GET /readyz."""
    ready = await cast(Readiness, request.app.state["readiness"]).look()
    body = msgspec.json.encode(ready)
    return Response(body, status_code=200 if ready.ready else 503, media_type="application/json", headers=_NO_STORE)


async def get_metrics(request: AnyRequest) -> Response[bytes]:
    """GET /metrics, for whoever has the token of the settings. To others there is nothing here."""
    from crumbless.api.metrics_view import Metrics, may_read  # noqa: PLC0415 - a start does not wait for prometheus_client

    platform, state = platform_of(request), request.app.state
    if not may_read(request.headers.get("authorization", ""), platform.settings.metrics_token):
        raise Refused("not_found")
    if "metrics" not in state:
        state["metrics"] = Metrics(platform, state["feed"])
    # A node that only its metrics are read of finds out in this way too that its disk takes data again.
    ready = await cast(Readiness, state["readiness"]).look()
    body = await cast("Metrics", state["metrics"]).write(ready.ready)
    return Response(body, status_code=200, media_type="text/plain; version=0.0.4", headers=_NO_STORE)
