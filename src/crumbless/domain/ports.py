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
    """The outcome of an operation that erases: its result, and the entries that report it."""

    result: T
    entries: Sequence[NewEntry]


Done = Callable[[Appended | ApiError], None]
Operation = Callable[[Connection], T]


class LedgerPort(Protocol):
    """Where entries are appended and everything else is written (store/ledger.py)."""

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
    """Where reads run, off the loop (store/database.py)."""

    async def read(self, operation: Operation[T]) -> T: ...


class BusPort(Protocol):
    """Tells every node what happened beyond the ledger (live/bus_memory.py)."""

    @property
    def connected(self) -> bool:
        """Return whether the bus connects this node to the others now."""
        ...

    def show_typing(self, actor: Session, conversation: str, on: bool, site: int, team: str | None) -> None:
        """Send it to the others in the conversation, which is on this site and assigned to this team."""
        ...

    def show_seen(self, workspace: int, seen: SeenNow, visitor_seq: int | None, site: int, team: str | None) -> None:
        """Send the mark to operators, and to the visitor as `visitor_seq` in the visitor's numbers, if it is one."""
        ...

    def end_session(self, session: Session) -> None: ...

    def change_reach(self, workspace: int, visitors: Sequence[str]) -> None:
        """Sessions of these visitors reach more conversations now: their streams send summaries of those too."""
        ...

    def change_operator(self, workspace: int, operator_id: str) -> None:
        """Report a change of an operator's role, name, teams or status in the database.

        The operator's streams are disconnected within a second. They reconnect with the new state, or are rejected.
        """
        ...


class SpanPort(Protocol):
    """One request in a trace; `trace` is the trace's number."""

    @property
    def trace(self) -> str: ...

    def end(self, method: str, route: str, status: int) -> None: ...


class TracePort(Protocol):
    """Tells a collector how long things took (adapters/tracing_otlp.py)."""

    def begin(self, parent: str) -> SpanPort: ...


class BansPort(Protocol):
    """The bans that hold (live/bans.py)."""

    async def current(self) -> BanList:
        """As they were a second ago at most."""
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
    """A passkey that was just made. `credential` is its id in base64url."""

    credential: str
    public_key: bytes
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True)
class UsedPasskey:
    """A passkey that was just used. `counter_fell`: it counts fewer uses than before, as a copy would."""

    sign_count: int
    counter_fell: bool


class PasskeyPort(Protocol):
    """Asks browsers for passkeys and checks their answers (adapters/passkey_verify.py)."""

    def load(self) -> None:
        """Take the time that the first use takes. Call off the loop, before anything else."""
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
    """One request to sign in at a provider. `challenge` is made from `verifier`, which stays here until the code comes
    (PKCE, RFC 7636). `fresh`: the person must show a factor there now."""

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
        """Let go of the connections."""
        ...


class FilesPort(Protocol):
    """Keeps files by name (adapters/files_store.py)."""

    async def put(self, name: str, content: bytes) -> None: ...

    async def get(self, name: str) -> bytes | None: ...

    async def delete(self, name: str) -> None: ...


class ImageRejected(CrumblessError):
    """A picture was not taken. `reason`: too_many_pixels or unreadable."""

    def __init__(self, reason: Literal["too_many_pixels", "unreadable"]) -> None:
        super().__init__(reason)
        self.reason = reason


class ImagesPort(Protocol):
    """Re-encodes pictures (adapters/picture_process.py)."""

    async def cut(self, content: bytes, kind: ImageFormat, sizes: Sequence[int]) -> list[bytes]:
        """The picture's middle, square in these sizes, as WebP. Raises ImageRejected."""
        ...


EventName = Literal["chat_start", "chat_message_sent", "chat_closed"]


@dataclass(frozen=True, slots=True)
class RelayEvent:
    """Something that happened in a chat, without whose. `id` numbers it in the queue; `chain` names the consent."""

    id: int
    name: EventName
    at: int
    chain: str


class RelaysPort(Protocol):
    """The workers that send events to vendors on this node (jobs/task_run.py)."""

    def withdraw(self, kinds: Collection[TaskKind], about: str) -> None:
        """Cancel requests in flight of these kinds for this chain of receipts, whose tasks were deleted."""
        ...


class RelayFailed(TaskFailed):
    """A vendor rejected a request. The message contains the reason, and no secret."""


@dataclass(frozen=True, slots=True)
class RelayAccount:
    """Where a site's events go: the public identifier, the secret, and the origin of the site's pages."""

    identifier: str
    secret: str
    page: str


class RelayPort(Protocol):
    """A vendor that receives events (adapters/relay_ga4.py, adapters/relay_tiktok.py).

    `most`: events in one request. `mixed`: whether those of several consents may share a request.
    """

    most: int
    mixed: bool

    async def send(self, account: RelayAccount, events: Sequence[RelayEvent]) -> None:
        """Raises RelayFailed."""
        ...

    async def check(self, account: RelayAccount, test_code: str) -> list[str]:
        """Return the vendor's errors for a sample event, or an empty text. Raises RelayFailed."""
        ...

    def forget(self, chain: str) -> None:
        """Let go of what memory holds for this consent."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...
