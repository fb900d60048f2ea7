"""Everything a request or stream needs, joined once in app.py and passed down."""

from dataclasses import dataclass, field

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
from crumbless.domain.limits import KeyedBuckets, Rate
from crumbless.domain.ports import BusPort, FilesPort, ImagesPort, LedgerPort, ReaderPort, TracePort
from crumbless.domain.proof import NonceClock, ReplayCache
from crumbless.domain.seal import SecretBox
from crumbless.domain.stream_session import StreamRates
from crumbless.domain.throttle import GuessThrottle
from crumbless.live.connections import Connections
from crumbless.live.following import Subscriptions
from crumbless.live.node_state import NodeState
from crumbless.live.open_streams import StreamRegistry
from crumbless.live.sessions import SessionCache
from crumbless.live.tcp_connections import TcpConnections
from crumbless.settings import Settings
from crumbless.store.disk_space import DiskSpace

GUESSES = 5
"""Wrong passwords or codes for one account from one network that cost no wait."""

WIDE_GUESSES = 20
"""The same from anywhere. The operator is notified by email each time that so many more were wrong."""

WIDE_SECONDS = 30.0
"""The longest wait because of wrong attempts from anywhere: an attacker must not keep the operator out."""

UNBOUND_SHARE = 4
"""A session without a key gets this fraction of the usual limits."""

CHECKS = Rate(1.0, 60)
"""Requests of connection checks from one address; a check asks three times."""

RESETS = Rate(1 / 300, 3)
"""Links for a new password to one address: nobody's mailbox is filled by a stranger."""

INVITATIONS = Rate(1 / 10, 100)
"""Emails that a workspace's people have sent to addresses of their choice."""


PROOF_OF_WORK_TIMES = 10
"""How many times its usual rate of starts a network gets that works for it."""

DEVICE_TRANSFER_MAILS = Rate(5 / 3600, 3)
"""Links by email: for one visitor, and from one network."""

DEVICE_TRANSFER_CODES = Rate(1 / 30, 10)
"""Codes given out to one visitor."""

IDENTIFIES = Rate(1.0, 60)
"""Tokens of sites that are checked for one network: each page view of a chat that goes on brings one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The rates in force, made from the settings."""

    requests: KeyedBuckets
    unknown_names: KeyedBuckets
    unknown_tokens: KeyedBuckets
    starts: KeyedBuckets
    site_starts: KeyedBuckets
    proof_of_work_starts: KeyedBuckets
    many_asked: KeyedBuckets
    identifies: KeyedBuckets
    device_transfer_mails: KeyedBuckets
    device_transfer_codes: KeyedBuckets
    sign_ins: KeyedBuckets
    passkey_asks: KeyedBuckets
    guesses: GuessThrottle
    wide_guesses: GuessThrottle
    privacy: KeyedBuckets
    consents: KeyedBuckets
    site_consents: KeyedBuckets
    checks: KeyedBuckets
    resets: KeyedBuckets
    invitations: KeyedBuckets
    uploads: KeyedBuckets
    visitor: StreamRates
    unbound: StreamRates
    operator: StreamRates

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """The rates that the settings ask for."""
        per_minute = settings.visitor_messages_per_minute
        burst = settings.visitor_message_burst
        frames = Rate(settings.frames_per_second, settings.frame_burst)
        unknown = Rate(settings.unknown_names_per_minute / 60, settings.unknown_name_burst)
        return cls(
            requests=KeyedBuckets(Rate(settings.requests_per_second, settings.request_burst)),
            unknown_names=KeyedBuckets(unknown),
            unknown_tokens=KeyedBuckets(unknown),
            starts=KeyedBuckets(Rate(settings.starts_per_hour / 3600, settings.start_burst)),
            site_starts=KeyedBuckets(Rate(settings.site_starts_per_minute / 60, settings.site_start_burst)),
            proof_of_work_starts=KeyedBuckets(
                Rate(settings.starts_per_hour * PROOF_OF_WORK_TIMES / 3600, settings.start_burst * PROOF_OF_WORK_TIMES)
            ),
            many_asked=KeyedBuckets(Rate(settings.starts_per_hour / 3600, settings.start_burst)),
            identifies=KeyedBuckets(IDENTIFIES),
            device_transfer_mails=KeyedBuckets(DEVICE_TRANSFER_MAILS),
            device_transfer_codes=KeyedBuckets(DEVICE_TRANSFER_CODES),
            sign_ins=KeyedBuckets(Rate(settings.sign_ins_per_minute / 60, settings.sign_in_burst)),
            # Of their own: whoever floods the password form must not keep passkeys out.
            passkey_asks=KeyedBuckets(Rate(settings.sign_ins_per_minute / 20, settings.sign_in_burst * 3)),
            guesses=GuessThrottle(GUESSES),
            wide_guesses=GuessThrottle(WIDE_GUESSES, WIDE_SECONDS),
            privacy=KeyedBuckets(Rate(settings.privacy_requests_per_hour / 3600, settings.privacy_request_burst)),
            consents=KeyedBuckets(Rate(settings.consents_per_hour / 3600, settings.consent_burst)),
            site_consents=KeyedBuckets(Rate(settings.site_consents_per_minute / 60, settings.site_consent_burst)),
            checks=KeyedBuckets(CHECKS),
            resets=KeyedBuckets(RESETS),
            invitations=KeyedBuckets(INVITATIONS),
            uploads=KeyedBuckets(Rate(settings.uploads_per_hour / 3600, settings.upload_burst)),
            visitor=StreamRates(frames, Rate(per_minute / 60, burst)),
            unbound=StreamRates(
                Rate(frames.per_second / UNBOUND_SHARE, max(frames.burst / UNBOUND_SHARE, 1)),
                Rate(per_minute / 60 / UNBOUND_SHARE, max(burst / UNBOUND_SHARE, 1)),
            ),
            operator=StreamRates(
                frames, Rate(settings.operator_messages_per_minute / 60, settings.operator_message_burst)
            ),
        )


@dataclass(frozen=True, slots=True)
class Services:
    """The parts, by what they are for."""

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
    limits: Limits
    assets: Assets
    policy: PolicyPages
    tcp: TcpConnections
    disk: DiskSpace
    commands: Commands = field(default_factory=lambda: Commands(commands.COMMANDS))
    streams: StreamRegistry = field(default_factory=StreamRegistry)
    node: NodeState = field(default_factory=NodeState)
    http: HttpMetrics = field(default_factory=HttpMetrics)
    known_sites: KnownSites = field(default_factory=KnownSites)
    trace: TracePort | None = None
