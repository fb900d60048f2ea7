"""What those who run a server ask of it: is it alive, can it do work, how much does it do."""

from typing import TYPE_CHECKING, cast

from litestar import Response

from crumbless.api.call import PublicCall, respond
from crumbless.api.readiness import Readiness
from crumbless.errors import ApiError

if TYPE_CHECKING:
    from crumbless.api.metrics_view import Metrics

_NO_STORE = {"cache-control": "no-store"}


async def get_health(_call: PublicCall) -> Response[bytes]:
    """Respond while the process runs. A restart would fix little of what /readyz reports."""
    return respond({"ok": True}, headers=_NO_STORE)


async def get_ready(call: PublicCall) -> Response[bytes]:
    """Return whether this node can do work, and which part cannot."""
    ready = await cast(Readiness, call.request.app.state["readiness"]).read()
    return respond(ready, 200 if ready.ready else 503, _NO_STORE)


async def get_metrics(call: PublicCall) -> Response[bytes]:
    """Return the metrics to a program that has the token of the settings. For others the path does not exist."""
    from crumbless.api.metrics_view import Metrics, may_read  # noqa: PLC0415 - a start does not wait for prometheus_client

    services, state = call.platform, call.request.app.state
    if not may_read(call.request.headers.get("authorization", ""), services.settings.monitoring.metrics_token):
        raise ApiError("not_found")
    if "metrics" not in state:
        state["metrics"] = Metrics(services, state["feed"])
    # A node that only its metrics are read of finds out in this way too that its disk takes data again.
    ready = await cast(Readiness, state["readiness"]).read()
    body = await cast("Metrics", state["metrics"]).write(ready.ready)
    return Response(body, status_code=200, media_type="text/plain; version=0.0.4", headers=_NO_STORE)
