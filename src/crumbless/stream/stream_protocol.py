"""The stream's rules without I/O: bytes in, checked frames or errors out. All three transports use it.

State: challenged -> (authenticating) -> ready -> ended. The transport authenticates between the first two, because that
needs the database. All other rules about a client's frames and their rate are here.
"""

import secrets
from dataclasses import dataclass
from typing import Literal

import msgspec

from crumbless.core.errors import ApiError
from crumbless.core.ids import is_id
from crumbless.core.rate_limit import Bucket, Rate, take
from crumbless.protocol.frames import Auth, ClientFrame, Failure, Ping
from crumbless.realtime.command import Command, Commands
from crumbless.security.access import Session

MAX_AUTH_FRAME = 4_096
"""Largest first frame, in bytes."""

MAX_VIOLATIONS = 40
"""Rate limit errors without an accepted frame between them, after which the stream is closed."""

State = Literal["challenged", "authenticating", "ready", "ended"]


class StreamEnded(Exception):
    """The stream must be closed with this code (docs/protocol.md)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StreamRates:
    """The rate limits of one stream: for frames of any kind, and for messages."""

    frames: Rate
    messages: Rate


UNAUTHENTICATED_RATES = StreamRates(Rate(5, 20), Rate(5, 20))
"""Frames before `welcome`: one `auth` and some control frames."""


def failure(error: ApiError, entry_id: str = "") -> Failure:
    """Return the `error` frame for this error."""
    message = f"{error.spec.title}. {error.detail}"
    return Failure(error.code, message, entry_id or error.entry_id, round(error.retry_after, 3))


class StreamProtocol:
    """The rules and the state of one stream."""

    __slots__ = (
        "_commands",
        "_frames",
        "_limited",
        "_messages",
        "_rates",
        "_violations",
        "heard_at",
        "nonce",
        "session",
        "state",
    )

    def __init__(self, now: float, commands: Commands) -> None:
        self._commands = commands
        self.nonce = secrets.token_urlsafe(16)
        self.state: State = "challenged"
        self.session: Session | None = None
        self.heard_at = now
        self._rates = UNAUTHENTICATED_RATES
        self._frames = Bucket()
        self._violations = 0

    def read_auth(self, data: bytes) -> Auth:
        """Return the client's first frame.

        Raises:
            StreamEnded: 4400 if it is not one `auth` frame, 1009 if it is too large.
        """
        if self.state != "challenged":
            raise StreamEnded(4400, "wait for welcome after auth")
        if len(data) > MAX_AUTH_FRAME:
            raise StreamEnded(1009, "the first frame is limited to 4 KiB")
        frame = _read(self._commands, data)
        if not isinstance(frame, Auth):
            raise StreamEnded(4400, "the first frame must be auth")
        self.state = "authenticating"
        return frame

    def accept(self, session: Session, rates: StreamRates, now: float) -> None:
        """Accept the session after the transport has verified token and proof. Later frames are the session's."""
        self.session = session
        self.state = "ready"
        self.heard_at = now
        self._rates = rates
        # No longer needed. Most streams are idle, and then every string counts for the memory.
        self.nonce = ""
        self._frames = Bucket()
        self._messages: Bucket | None = None
        # Of commands whose row has a limit, once one was sent.
        self._limited: dict[type[ClientFrame], Bucket] | None = None
        self._violations = 0

    def receive(self, data: bytes, now: float) -> ClientFrame | Failure:
        """Return the next frame after its check, or the error to send. The stream remains open after an error.

        Args:
            data: one frame, UTF-8.
            now: seconds on a monotonic clock.

        Raises:
            StreamEnded: 4429 if the client remains too fast after errors.
        """
        self.heard_at = now
        if wait := take(self._frames, self._rates.frames, now):
            return self._too_fast(wait)
        frame = _read(self._commands, data)
        if isinstance(frame, Failure | Ping):
            return frame
        if isinstance(frame, Auth):
            return failure(ApiError("unknown_op"))
        return self._check(self._commands.of(frame), frame, now)

    def count_frame(self, now: float) -> bool:
        """Count a frame that is not a message: a ping, a pong, a fragment, an empty line. Return whether to respond to
        it.

        Raises:
            StreamEnded: 4429 if the client remains too fast.
        """
        if take(self._frames, self._rates.frames, now):
            self._count_violation()
            return False
        self.heard_at = now
        return True

    def _check(self, command: Command, frame: ClientFrame, now: float) -> ClientFrame | Failure:
        """Return the frame after its command's check, or the error."""
        name: str = getattr(frame, "id", "")
        session = self.session
        if session is None or not session.may(command.permission):
            # For visitors, commands of operators do not exist.
            visitor = session is not None and session.role == "visitor"
            return failure(ApiError("unknown_op" if visitor else "forbidden"), name if is_id(name) else "")
        try:
            frame = command.check(frame)
        except ApiError as error:
            return failure(error, name if is_id(name) else "")
        if command.limit is not None:
            limited = self._limited = self._limited or {}
            if wait := take(limited.setdefault(command.frame, Bucket()), command.limit, now):
                return self._too_fast(wait, name)
        if command.rate == "messages":
            messages = self._messages = self._messages or Bucket()
            if wait := take(messages, self._rates.messages, now):
                return self._too_fast(wait, name)
            self._violations = 0
        # An invalid ID never reaches the database: PostgreSQL rejects some, which would fail the whole batch.
        conversation: str = getattr(frame, "conversation", "")
        if conversation not in session.reach and not is_id(conversation):
            return failure(ApiError("unknown_conversation"), name)
        return frame

    def _too_fast(self, wait: float, entry_id: str = "") -> Failure:
        self._count_violation()
        return failure(ApiError("slow_down", retry_after=wait), entry_id)

    def _count_violation(self) -> None:
        self._violations += 1
        if self._violations >= MAX_VIOLATIONS:
            raise StreamEnded(4429, "too fast")


def _read(commands: Commands, data: bytes) -> ClientFrame | Failure:
    try:
        return commands.decode(data)
    except msgspec.ValidationError as error:
        reason = str(error)
        code = "unknown_op" if reason.endswith("`$.op`") else "invalid"
        if reason.startswith("Expected `object`"):
            code = "malformed"
        return failure(ApiError(code, f"{reason}."))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return failure(ApiError("malformed"))
