"""The figures of this node as Prometheus reads them (its text format): counted elsewhere, put into words here."""

import asyncio
import hmac
import importlib.metadata
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from crumbless import ids
from crumbless.api.platform import Services
from crumbless.domain.figures import Histogram
from crumbless.live.feed import Feed
from crumbless.store.disk_space import DiskSpace
from crumbless.store.schema import SCHEMA
from crumbless.store.task_store import count_dead_tasks, count_due_tasks, last_error

TIMEOUT_SECONDS = 2.0
"""How long the database may take; after that its figures are left out, and the others are told."""


class Metrics(Collector):
    """One node's figures."""

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
        """All of them, as text."""
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
            # /readyz and the log say that the database is unavailable; a scrape that fails would hide all else.
            return {}

    def collect(self) -> Iterable[Metric]:
        """Called by the registry."""
        yield from self._node()
        yield from self._ledger()
        yield from self._http()
        if self._tasks:
            tasks = GaugeMetricFamily("crumbless_tasks", "Background work of the installation.", labels=["state"])
            for state, count in self._tasks.items():
                tasks.add_metric([state], count)
            yield tasks

    def _node(self) -> Iterable[Metric]:
        build = GaugeMetricFamily("crumbless_build", "1; what runs here.", labels=["version", "schema"])
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
        yield _gauge("crumbless_node_ready", "1 while /readyz responses 200.", self._ready)
        if self._free is not None:
            yield _gauge("crumbless_disk_free_bytes", "Free space of the fullest disk written to.", self._free)
            low = self._services.of(DiskSpace).is_low(self._free)
            yield _gauge("crumbless_disk_low", "1 while less is free than the setting asks for.", low)
        yield _gauge("crumbless_node_stopping", "1 while the node is on its way out.", self._services.node.stopping)
        yield _gauge("crumbless_bus_connected", "1 while other nodes can be told.", self._services.bus.connected)
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
            "crumbless_http_response_seconds", "Time until an answer began; long polls aside.", http.seconds
        )


def may_read(authorization: str, token: str) -> bool:
    """Whether this Authorization header carries the token that the settings ask for. Without a setting: nobody."""
    scheme, _, given = authorization.partition(" ")
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())


def _count_tasks(connection: Connection) -> Mapping[str, int]:
    return {
        "due": count_due_tasks(connection),
        "dead": count_dead_tasks(connection),
        "backup_failed": int(bool(last_error(connection, "backup"))),
    }


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value))


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(name, words, value=value)


def _histogram(name: str, words: str, histogram: Histogram) -> Metric:
    total = histogram.total
    return HistogramMetricFamily(name, words, buckets=histogram.buckets(), sum_value=total)
