"""The metrics of this node in the text format of Prometheus.

The counters are those of core/metrics.py, which has the reason why they are plain numbers.
"""

import asyncio
import hmac
import importlib.metadata
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from crumbless.core import ids
from crumbless.core.metrics import Histogram, RetentionMetrics
from crumbless.database.disk_space import DiskSpace
from crumbless.database.schema import SCHEMA
from crumbless.http.services import Services
from crumbless.realtime.feed import Feed
from crumbless.tasks.task_store import count_dead_tasks, count_due_tasks, last_error

TIMEOUT_SECONDS = 2.0
"""How long the database may take. After this time its metrics are omitted."""


class Metrics(Collector):
    """The metrics of one node."""

    def __init__(self, services: Services, feed: Feed) -> None:
        self._services = services
        self._feed = feed
        self._tasks: Mapping[str, int] = {}
        self._ready = False
        self._free: int | None = None
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    async def write(self, ready: bool) -> bytes:
        """Return all metrics as text."""
        self._ready = ready
        self._free = await self._free_space()
        self._tasks = await self._count_tasks()
        return generate_latest(self._registry)

    async def _free_space(self) -> int | None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await asyncio.to_thread(self._services.of(DiskSpace).free)
        except TimeoutError:
            return None

    async def _count_tasks(self) -> Mapping[str, int]:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._services.reader.read(_count_tasks)
        except Exception:
            # /readyz and the log report that the database is unavailable. A failed scrape would hide all other metrics.
            return {}

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics, when the registry collects them."""
        yield from self._node()
        yield from self._ledger()
        yield from self._http()
        yield from self._retention()
        if self._tasks:
            tasks = GaugeMetricFamily("crumbless_tasks", "Background work of the installation.", labels=["state"])
            for state, count in self._tasks.items():
                tasks.add_metric([state], count)
            yield tasks

    def _node(self) -> Iterable[Metric]:
        build = GaugeMetricFamily(
            "crumbless_build", "Always 1; the labels name what runs.", labels=["version", "schema"]
        )
        build.add_metric([importlib.metadata.version("crumbless"), SCHEMA], 1)
        yield build
        connections = GaugeMetricFamily("crumbless_connections", "Open streams.", labels=["audience"])
        operators, visitors = self._services.connections.count()
        for audience, count in (
            ("operator", operators),
            ("visitor", visitors),
            ("unauthenticated", self._services.streams.unauthenticated),
        ):
            connections.add_metric([audience], count)
        yield connections
        yield _gauge("crumbless_node_ready", "1 while /readyz returns 200.", self._ready)
        if self._free is not None:
            yield _gauge("crumbless_disk_free_bytes", "Free space of the fullest disk written to.", self._free)
            low = self._services.of(DiskSpace).is_low(self._free)
            yield _gauge("crumbless_disk_low", "1 while less is free than the setting asks for.", low)
        yield _gauge("crumbless_node_stopping", "1 while the node is shutting down.", self._services.node.stopping)
        yield _gauge(
            "crumbless_bus_connected", "1 while the connection to other nodes is open.", self._services.bus.connected
        )
        yield _gauge(
            "crumbless_clock_ahead_seconds",
            "By how much the wall clock is ahead of the time that has passed; 0 while it is right.",
            ids.steady.ahead_ms / 1000,
        )
        yield _counter("crumbless_feed_gaps", "Gaps that the bus left and the database filled.", self._feed.gaps)

    def _ledger(self) -> Iterable[Metric]:
        ledger = self._services.ledger
        metrics = ledger.metrics
        yield _counter("crumbless_entries_appended", "Entries that this node made durable.", metrics.appended)
        yield _gauge("crumbless_ledger_queue", "Writes that wait for the disk.", ledger.waiting)
        yield _gauge("crumbless_ledger_healthy", "1 while commits are done and do not fail.", ledger.healthy)
        yield _counter("crumbless_ledger_rejected", "Writes rejected because the queue was full.", metrics.rejected)
        yield _counter(
            "crumbless_ledger_failed_batches", "Batches that could not be committed.", metrics.failed_batches
        )
        yield _histogram("crumbless_ledger_commit_seconds", "Time of a batch's transaction.", metrics.commit_seconds)
        yield _histogram("crumbless_ledger_batch_size", "Writes that shared a transaction.", metrics.batch_sizes)

    def _retention(self) -> Iterable[Metric]:
        retention = self._services.of(RetentionMetrics)
        yield _counter("crumbless_retention_runs", "Nightly retention runs that this node completed.", retention.runs)
        yield _gauge(
            "crumbless_retention_last_run_seconds",
            "When this node last completed one, in seconds since 1970; 0: not since its start.",
            retention.last_run_ms / 1000,
        )
        deleted = CounterMetricFamily("crumbless_retention_deleted", "Deleted by retention.", labels=["kind"])
        for kind, count in [*retention.deleted.items()]:
            deleted.add_metric([kind], count)
        yield deleted

    def _http(self) -> Iterable[Metric]:
        http = self._services.http
        responses = CounterMetricFamily("crumbless_http_responses", "Responses.", labels=["method", "route", "status"])
        for (method, route, status), count in [*http.responses.items()]:
            responses.add_metric([method, route, str(status)], count)
        yield responses
        errors = CounterMetricFamily("crumbless_http_errors", "Error responses by code.", labels=["code"])
        for code, count in [*http.errors.items()]:
            errors.add_metric([code], count)
        yield errors
        yield _histogram(
            "crumbless_http_response_seconds", "Time until a response began, without long polls.", http.seconds
        )


def may_read(authorization: str, token: str) -> bool:
    """Return whether the Authorization header contains the token of the settings. Without a setting return False."""
    scheme, _, given = authorization.partition(" ")
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())


def _count_tasks(connection: Connection) -> Mapping[str, int]:
    return {
        "due": count_due_tasks(connection),
        "dead": count_dead_tasks(connection),
        "backup_failed": int(bool(last_error(connection, "backup"))),
    }


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=float(value))


def _counter(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(name, help_text, value=value)


def _histogram(name: str, help_text: str, histogram: Histogram) -> Metric:
    total = histogram.total
    return HistogramMetricFamily(name, help_text, buckets=histogram.buckets(), sum_value=total)
