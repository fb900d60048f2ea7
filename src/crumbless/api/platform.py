"""Everything a request or stream needs, joined once in app.py and passed down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from crumbless.actions.oidc_sign_in import OidcSignIn
from crumbless.actions.passkey_use import Passkeys
from crumbless.actions.site_seen import EmbedSightings
from crumbless.api import commands
from crumbless.api.known_sites import KnownSites
from crumbless.api.page_assets import Assets
from crumbless.api.policy_view import PolicyPages
from crumbless.api.visitor_parts import VisitorServices
from crumbless.domain.command import Commands
from crumbless.domain.figures import HttpMetrics
from crumbless.domain.ports import BusPort, FilesPort, ImagesPort, LedgerPort, ReaderPort, TracePort
from crumbless.domain.proof import NonceClock, ReplayCache
from crumbless.domain.seal import SecretBox
from crumbless.live.connections import Connections
from crumbless.live.following import Subscriptions
from crumbless.live.node_state import NodeState
from crumbless.live.open_streams import StreamRegistry
from crumbless.live.sessions import SessionCache
from crumbless.live.tcp_connections import TcpConnections
from crumbless.settings import Settings
from crumbless.store.disk_space import DiskSpace

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
    embed_sightings: EmbedSightings
    files: FilesPort
    pictures: ImagesPort
    passkeys: Passkeys
    oidc: OidcSignIn
    visitors: VisitorServices
    nonces: NonceClock
    replays: ReplayCache
    assets: Assets
    policy: PolicyPages
    tcp: TcpConnections
    disk: DiskSpace
    subjects: Mapping[type[Any], Any]
    commands: Commands = field(default_factory=lambda: Commands(commands.COMMANDS))
    streams: StreamRegistry = field(default_factory=StreamRegistry)
    node: NodeState = field(default_factory=NodeState)
    http: HttpMetrics = field(default_factory=HttpMetrics)
    known_sites: KnownSites = field(default_factory=KnownSites)
    trace: TracePort | None = None

    def of(self, kind: type[S]) -> S:
        """Return the subject's part of this type, which app.py registered."""
        return self.subjects[kind]
