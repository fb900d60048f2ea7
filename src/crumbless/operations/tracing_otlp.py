"""Sends traces to an OpenTelemetry collector (OTLP over HTTP). Imported only if the settings name one.

A span contains a route's template, a method, a status, and a number of writes. It never contains a path, a header, a
text or a user.
"""

import importlib.metadata
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from crumbless.core.ids import new_id

EXPORT_SECONDS = 5.0
"""How long the collector may take for a response. Spans that it does not accept in time are dropped."""


class Writer(Protocol):
    """The part that commits batches (ledger/ledger.py)."""

    def commit(self, batch: Sequence[Any]) -> None: ...

    def close(self) -> None: ...


class RequestSpan:
    """The span of one request."""

    __slots__ = ("_span", "trace")

    def __init__(self, span: Span) -> None:
        self._span = span
        self.trace = f"{span.get_span_context().trace_id:032x}"

    def end(self, method: str, route: str, status: int) -> None:
        """Complete the span when the response has begun or ended."""
        self._span.update_name(f"{method} {route}")
        self._span.set_attribute("http.request.method", method)
        self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", status)
        if status >= 500 or not status:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class OtlpTrace:
    """Creates spans and sends them in a separate thread.

    Args:
        url: the collector's address for traces, such as `http://collector:4318/v1/traces`.
        exporter: replaces the exporter to this address.
    """

    def __init__(self, url: str, exporter: SpanExporter | None = None) -> None:
        own = {"service.version": importlib.metadata.version("crumbless"), "service.instance.id": new_id()}
        # The usual OTEL_* variables take precedence.
        named = Resource.create(own)
        unnamed = str(named.attributes["service.name"]).startswith("unknown_service")
        resource = named.merge(Resource({"service.name": "crumbless"})) if unnamed else named
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        sender = exporter or OTLPSpanExporter(endpoint=url, timeout=EXPORT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(sender))
        self._tracer = self._provider.get_tracer("crumbless")
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, parent: str) -> RequestSpan:
        """Begin the span of a request. `parent`: the traceparent header of a trusted proxy (W3C Trace Context), or
        empty."""
        context = self._propagator.extract({"traceparent": parent}) if parent else None
        return RequestSpan(self._tracer.start_span("request", context=context, kind=SpanKind.SERVER))

    def around(self, open_writer: Callable[[], Writer]) -> Callable[[], Writer]:
        """Return the writer with a span around each batch."""
        return lambda: _TracedWriter(self, open_writer())

    def trace_batch(self, began: int, size: int, failed: bool) -> None:
        """Record a batch as a span. `began`: in nanoseconds since 1970."""
        span = self._tracer.start_span("ledger commit", start_time=began, attributes={"crumbless.batch.size": size})
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def close(self) -> None:
        """Send the remaining spans. Blocks for EXPORT_SECONDS at most."""
        self._provider.shutdown()


class _TracedWriter(Writer):
    def __init__(self, trace: OtlpTrace, writer: Writer) -> None:
        self._trace = trace
        self._writer = writer

    def commit(self, batch: Sequence[Any]) -> None:
        began, failed = time.time_ns(), True
        try:
            self._writer.commit(batch)
            failed = False
        finally:
            self._trace.trace_batch(began, len(batch), failed)

    def close(self) -> None:
        self._writer.close()
