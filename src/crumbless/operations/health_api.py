"""Health, readiness and metrics of a node, over HTTP."""

from typing import TYPE_CHECKING, cast

from litestar import Response

from crumbless.core.deferred_import import deferred_module
from crumbless.core.errors import ApiError
from crumbless.http.call import PublicCall, respond
from crumbless.operations.readiness import Readiness

if TYPE_CHECKING:
    from crumbless.operations import metrics_view
else:
    # With prometheus_client: 15 ms, for installations with metrics only.
    metrics_view = deferred_module("crumbless.operations.metrics_view")

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
    services, state = call.platform, call.request.app.state
    if not metrics_view.may_read(
        call.request.headers.get("authorization", ""), services.settings.monitoring.metrics_token
    ):
        raise ApiError("not_found")
    if "metrics" not in state:
        state["metrics"] = metrics_view.Metrics(services, state["feed"])
    # Reading the readiness also detects that a full disk accepts data again, on nodes whose /readyz is not polled.
    ready = await cast(Readiness, state["readiness"]).read()
    body = await cast("metrics_view.Metrics", state["metrics"]).write(ready.ready)
    return Response(body, status_code=200, media_type="text/plain; version=0.0.4", headers=_NO_STORE)
