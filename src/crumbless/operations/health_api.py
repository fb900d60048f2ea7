"""Health, readiness and metrics of a node, over HTTP."""

from typing import TYPE_CHECKING, cast

from litestar import Response

from crumbless.core.errors import ApiError
from crumbless.http.call import PublicCall, respond
from crumbless.operations.readiness import Readiness

if TYPE_CHECKING:
    from crumbless.operations.metrics_view import Metrics

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
    from crumbless.operations.metrics_view import Metrics, may_read  # noqa: PLC0415 - avoids loading prometheus_client at the start

    services, state = call.platform, call.request.app.state
    if not may_read(call.request.headers.get("authorization", ""), services.settings.monitoring.metrics_token):
        raise ApiError("not_found")
    if "metrics" not in state:
        state["metrics"] = Metrics(services, state["feed"])
    # Reading the readiness also detects that a full disk accepts data again, on nodes whose /readyz is not polled.
    ready = await cast(Readiness, state["readiness"]).read()
    body = await cast("Metrics", state["metrics"]).write(ready.ready)
    return Response(body, status_code=200, media_type="text/plain; version=0.0.4", headers=_NO_STORE)
