"""Interfaces between layers below app.py that may not import one another."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from sqlalchemy import Connection

from crumbless.domain.access import Session
from crumbless.domain.ban import BanList
from crumbless.domain.entry import Appended, NewEntry
from crumbless.domain.figures import LedgerMetrics
from crumbless.domain.file_type import ImageFormat
from crumbless.domain.id_token import IdToken
from crumbless.domain.task import TaskFailed, TaskKind
from crumbless.domain.visibility import Scope
from crumbless.domain.wire import SeenNow
from crumbless.errors import ApiError, CrumblessError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Erasure(Generic[T]):
    """The outcome of an operation that erases data: its result, and the entries that record it."""

    result: T
    entries: Sequence[NewEntry]


Done = Callable[[Appended | ApiError], None]
Operation = Callable[[Connection], T]


class LedgerPort(Protocol):
    """Appends entries and runs all other writes (store/ledger.py)."""

    metrics: LedgerMetrics

    @property
    def waiting(self) -> int: ...

    @property
    def at_work(self) -> bool: ...

    @property
    def healthy(self) -> bool: ...

    def submit(self, entry: NewEntry, done: Done, scope: Scope | None) -> None: ...

    async def append(self, entry: NewEntry, operation: Operation[object] | None = None) -> Appended: ...

    async def write(self, operation: Operation[T], workspace: int | None = None) -> T: ...

    async def erase(self, operation: Operation[Erasure[T]], workspace: int | None = None) -> T: ...

    async def try_disk(self) -> None: ...


class ReaderPort(Protocol):
    """Runs reads without blocking the event loop (store/database.py)."""

    async def read(self, operation: Operation[T]) -> T: ...


class BusPort(Protocol):
    """Reports to all nodes the changes that are not entries (live/bus_memory.py)."""

    @property
    def connected(self) -> bool:
        """Return whether the bus connects this node to the others now."""
        ...

    def show_typing(self, actor: Session, conversation: str, on: bool, site: int, team: str | None) -> None:
        """Send a typing notice to the others in the conversation, which has this site and team."""
        ...

    def show_seen(self, workspace: int, seen: SeenNow, visitor_seq: int | None, site: int, team: str | None) -> None:
        """Send the mark to operators, and `visitor_seq` to the visitor if it is set."""
        ...

    def end_session(self, session: Session) -> None: ...

    def change_reach(self, workspace: int, visitors: Sequence[str]) -> None:
        """Report that sessions of these visitors can access more conversations, so that streams send their
        summaries."""
        ...

    def change_operator(self, workspace: int, operator_id: str) -> None:
        """Report a change of an operator's role, name, teams or status in the database.

        The operator's streams are disconnected within a second. They reconnect with the new state, or are rejected.
        """
        ...


class SpanPort(Protocol):
    """The span of a request in a trace; `trace` is the trace's ID."""

    @property
    def trace(self) -> str: ...

    def end(self, method: str, route: str, status: int) -> None: ...


class TracePort(Protocol):
    """Sends durations to a collector (adapters/tracing_otlp.py)."""

    def begin(self, parent: str) -> SpanPort: ...


class BansPort(Protocol):
    """The bans in force (live/bans.py)."""

    async def current(self) -> BanList:
        """Return the bans, at most a second old."""
        ...


class MailFailed(TaskFailed):
    """An email could not be sent. The message contains the reason, and no address or secret."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One email to one recipient, as text and as HTML. `to_name` and `subject` are one line each."""

    to: str
    to_name: str
    subject: str
    text: str
    html: str


class MailPort(Protocol):
    """Sends emails (adapters/mail_smtp.py, adapters/mail_box.py)."""

    async def send(self, mail: Mail) -> None:
        """Raises MailFailed."""
        ...


class PasskeyRejected(CrumblessError):
    """The browser's response to a challenge is invalid."""


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A new passkey. `credential` is its ID in base64url."""

    credential: str
    public_key: bytes
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True)
class UsedPasskey:
    """A passkey after its use. `counter_fell`: its counter did not grow, as that of a copied key."""

    sign_count: int
    counter_fell: bool


class PasskeyPort(Protocol):
    """Creates options for passkeys and verifies browsers' responses (adapters/passkey_verify.py)."""

    def load(self) -> None:
        """Do the slow work of the first use. Call first, and not on the event loop."""
        ...

    def creation_options(
        self, challenge: bytes, owner: bytes, email: str, name: str, known: Sequence[str]
    ) -> dict[str, Any]: ...

    def request_options(self, challenge: bytes, allowed: Sequence[str] = ()) -> dict[str, Any]: ...

    def verify_new(self, credential: dict[str, Any], challenge: bytes) -> NewPasskey:
        """Raises PasskeyRejected."""
        ...

    def verify_used(
        self, credential: dict[str, Any], challenge: bytes, public_key: bytes, sign_count: int
    ) -> UsedPasskey:
        """Raises PasskeyRejected."""
        ...


class ProviderFailed(CrumblessError):
    """An OpenID provider does not respond as specified. The message contains no address or secret."""


@dataclass(frozen=True, slots=True)
class OidcRequest:
    """A request to sign in at a provider. `challenge` is derived from `verifier`, which is stored until the code
    arrives (PKCE, RFC 7636). `fresh`: the provider must authenticate the person again."""

    redirect_uri: str
    state: str
    nonce: str
    verifier: str
    challenge: str
    fresh: bool = False


class OidcPort(Protocol):
    """An OpenID provider (adapters/oidc_provider.py)."""

    async def location(self, request: OidcRequest) -> str:
        """Raises ProviderFailed."""
        ...

    async def redeem(self, request: OidcRequest, code: str, iss: str, since: int = 0) -> IdToken:
        """Raises ProviderFailed, IdTokenRejected."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class FilesPort(Protocol):
    """Stores files by name (adapters/files_store.py)."""

    async def put(self, name: str, content: bytes) -> None: ...

    async def get(self, name: str) -> bytes | None: ...

    async def delete(self, name: str) -> None: ...


class ImageRejected(CrumblessError):
    """A picture was rejected. `reason`: too_many_pixels or unreadable."""

    def __init__(self, reason: Literal["too_many_pixels", "unreadable"]) -> None:
        super().__init__(reason)
        self.reason = reason


class ImagesPort(Protocol):
    """Re-encodes pictures (adapters/picture_process.py)."""

    async def cut(self, content: bytes, kind: ImageFormat, sizes: Sequence[int]) -> list[bytes]:
        """Return the picture's centre as squares of these sizes, as WebP. Raises ImageRejected."""
        ...


EventName = Literal["chat_start", "chat_message_sent", "chat_closed"]


@dataclass(frozen=True, slots=True)
class RelayEvent:
    """An event in a chat, without personal data. `id` is its ID in the queue; `chain` is the consent's."""

    id: int
    name: EventName
    at: int
    chain: str


class RelaysPort(Protocol):
    """The workers that send events to vendors on this node (jobs/task_run.py)."""

    def withdraw(self, kinds: Collection[TaskKind], about: str) -> None:
        """Cancel requests in flight of these kinds for this receipt chain, because their tasks were deleted."""
        ...


class RelayFailed(TaskFailed):
    """A vendor rejected a request. The message contains the reason, and no secret."""


@dataclass(frozen=True, slots=True)
class RelayAccount:
    """A site's account at a vendor: the public identifier, the secret, and the origin of the site's pages."""

    identifier: str
    secret: str
    page: str


class RelayPort(Protocol):
    """A vendor that receives events (adapters/relay_ga4.py, adapters/relay_tiktok.py).

    `most`: maximum of events in one request. `mixed`: whether a request may contain events of several consents.
    """

    most: int
    mixed: bool

    async def send(self, account: RelayAccount, events: Sequence[RelayEvent]) -> None:
        """Raises RelayFailed."""
        ...

    async def check(self, account: RelayAccount, test_code: str) -> list[str]:
        """Return the vendor's errors for a sample event; empty if there are none. Raises RelayFailed."""
        ...

    def forget(self, chain: str) -> None:
        """Delete the data in memory that belongs to this consent."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
