"""The services for requests and streams, created once in app.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from crumbless.core.metrics import HttpMetrics
from crumbless.core.settings import Settings
from crumbless.http.assets import Assets
from crumbless.http.tracing_port import TracePort
from crumbless.ledger.ledger_port import LedgerPort, ReaderPort
from crumbless.realtime.bus_port import BusPort
from crumbless.realtime.command import Commands
from crumbless.realtime.connections import Connections
from crumbless.realtime.node_state import NodeState
from crumbless.realtime.session_cache import SessionCache
from crumbless.realtime.stream_registry import StreamRegistry
from crumbless.realtime.subscriptions import Subscriptions
from crumbless.security.dpop import NonceClock, ReplayCache
from crumbless.security.encryption import SecretBox

S = TypeVar("S")


def by_type(*parts: object) -> Mapping[type[Any], Any]:
    """Return the parts by their types, for `Services.of`. Raises ValueError for two of one type."""
    found = {type(part): part for part in parts}
    if len(found) != len(parts):
        raise ValueError("two services have the same type")
    return found


@dataclass(frozen=True, slots=True)
class Services:
    """The parts that every subject uses. Each subject's own parts are found by their type (`of`)."""

    settings: Settings
    ledger: LedgerPort
    reader: ReaderPort
    bus: BusPort
    connections: Connections
    sessions: SessionCache
    subscriptions: Subscriptions
    secret_box: SecretBox
    nonces: NonceClock
    replays: ReplayCache
    assets: Assets
    commands: Commands
    subjects: Mapping[type[Any], Any]
    streams: StreamRegistry = field(default_factory=StreamRegistry)
    node: NodeState = field(default_factory=NodeState)
    http: HttpMetrics = field(default_factory=HttpMetrics)
    trace: TracePort | None = None

    def of(self, kind: type[S]) -> S:
        """Return the subject's part of this type, which app.py registered."""
        return self.subjects[kind]
