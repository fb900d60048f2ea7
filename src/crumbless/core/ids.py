"""The source of stored times, in milliseconds, of sortable IDs and of session tokens."""

import re
import secrets
import threading
import uuid

from crumbless.core.steady_clock import SteadyClock, elapsed_ms, read_machine

_COUNTER_BITS = 74
_RANDOM_B_BITS = 62
_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62

_match_id = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch


steady = SteadyClock(*read_machine())
"""The time of this process. While it serves, operations/clock_watch.py compares it with the wall clock."""


def now_ms() -> int:
    """Return the steady time as whole milliseconds since 1970 (UTC), for all times that are stored and compared.

    It does not jump when the wall clock is set. Times from another party's clock (a token of a site or provider, a code
    of an authenticator app) are compared with `wall_ms`.
    """
    return steady.offset + elapsed_ms()


def confirmed_ms() -> int:
    """Return the time for deletion and expiry by age. It is never later than the time that has really passed."""
    return steady.confirmed_offset + elapsed_ms()


def latest_ms() -> int:
    """Return the time after which a stored time is certainly in the future."""
    return steady.latest_offset + elapsed_ms()


def wall_ms() -> int:
    """Return the last reading of the wall clock plus the time since then.

    It is compared with times from another party's clock, and jumps when the wall clock is set. With PostgreSQL,
    PostgreSQL's clock is read.
    """
    return now_ms() + steady.ahead_ms


def new_id() -> str:
    """Return a new UUIDv7 in its lower-case hyphenated form (RFC 9562, section 5.7).

    Every ID sorts after all earlier IDs of this process, even if the clock is set back. IDs are unique, not secret: an
    attacker who knows one can guess its neighbours.
    """
    return _ids.following()


def new_random_id() -> str:
    """Return a new UUIDv4, for IDs that give access and so must not be guessable."""
    return str(uuid.uuid4())


def is_id(text: str) -> bool:
    """Return whether `text` is a UUID of any version in lower-case hyphenated form."""
    return _match_id(text) is not None


def new_token(prefix: str) -> str:
    """Return `prefix` followed by 256 random bits as 43 characters of base64url."""
    return prefix + secrets.token_urlsafe(32)


class _IdSequence:
    """A 74-bit counter behind the millisecond, started and advanced at random (RFC 9562, section 6.2, method 2)."""

    __slots__ = ("_at", "_counter", "_lock")

    def __init__(self) -> None:
        self._at = -1
        self._counter = 0
        self._lock = threading.Lock()

    def following(self) -> str:
        with self._lock:
            self._advance(now_ms())
            return _write_id(self._at, self._counter)

    def _advance(self, now: int) -> None:
        if now <= self._at:
            self._counter += 1 + secrets.randbits(32)
            if self._counter < 1 << _COUNTER_BITS:
                return
            now = self._at + 1
        self._at = now
        # The top bit stays free, so that the counter practically cannot overflow within one millisecond.
        self._counter = secrets.randbits(_COUNTER_BITS - 1)


def _write_id(at: int, counter: int) -> str:
    random_a, random_b = divmod(counter, 1 << _RANDOM_B_BITS)
    digits = f"{at << 80 | _VERSION_7 | random_a << 64 | _VARIANT | random_b:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


_ids = _IdSequence()
