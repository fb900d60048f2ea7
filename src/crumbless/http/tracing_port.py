"""The interface to a tracer."""

from typing import Protocol


class SpanPort(Protocol):
    """The span of a request in a trace; `trace` is the trace's ID."""

    @property
    def trace(self) -> str: ...

    def end(self, method: str, route: str, status: int) -> None: ...


class TracePort(Protocol):
    """Sends durations to a collector (operations/tracing_otlp.py)."""

    def begin(self, parent: str) -> SpanPort: ...
