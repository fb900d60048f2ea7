"""A cache of the sessions in use, so that a request need not read its session from the database."""

from collections.abc import Awaitable, Callable, Iterator

from crumbless.core.ids import confirmed_ms, now_ms
from crumbless.core.time_units import HOUR_MS
from crumbless.security.access import Session

MAX_ITEMS = 20_000
"""Maximum of cached sessions. Others are read again when they are next used."""


class SessionCache:
    """Finds the session of a token.

    Args:
        read: reads it from the database by the token's hash. operator_idle_ms, visitor_idle_ms: idle time after which a
            session expires. A use on another node is found in the database.
    """

    def __init__(
        self, read: Callable[[bytes], Awaitable[Session | None]], operator_idle_ms: int, visitor_idle_ms: int
    ) -> None:
        self._read = read
        self._operator_idle_ms = operator_idle_ms
        self._visitor_idle_ms = visitor_idle_ms
        # Sessions that were used since the last call of `take_used`.
        self._used: set[str] = set()
        # In order of last use, oldest first.
        self._known: dict[bytes, Session] = {}
        # Sessions that ended while the process runs: a read that began before the end must not restore the session.
        self._ended: dict[str, None] = {}
        # The number of changes of operators, and the number at each operator's last one. Older reads are repeated.
        self._changes = 0
        self._changed: dict[str, int] = {}

    async def find(self, token_hash: bytes) -> Session | None:
        """Return the session, or None if the token is unknown or has expired. The caller checks expiry and key."""
        now = now_ms()
        session = self._known.pop(token_hash, None)
        if session is not None and not self._is_idle(session):
            self._known[token_hash] = session
            self.note_used(session, now)
            return session
        session = await self._read_current(token_hash)
        if session is None or session.id in self._ended or self._is_idle(session):
            return None
        # Another request may have read it at the same time. All must share one object, so that its end reaches all of
        # them.
        session = self._known.setdefault(token_hash, session)
        if len(self._known) > MAX_ITEMS:
            del self._known[next(iter(self._known))]
        self.note_used(session, now)
        return session

    def remembers(self, token_hash: bytes) -> bool:
        """Return whether the token's session is cached, so that `find` need not read it."""
        return token_hash in self._known

    def _is_idle(self, session: Session) -> bool:
        idle_ms = self._visitor_idle_ms if session.role == "visitor" else self._operator_idle_ms
        if session.idle_ms:
            idle_ms = min(idle_ms, session.idle_ms)
        return confirmed_ms() - session.seen_at >= idle_ms

    def note_used(self, session: Session, now: int) -> None:
        """Record a use of the session: an operator's each time, a visitor's at most once an hour."""
        # A time in the future was stored by a wrong clock.
        if session.role != "visitor" or abs(now - session.seen_at) >= HOUR_MS:
            session.seen_at = now
            self._used.add(session.id)

    def take_used(self) -> set[str]:
        """Return the IDs of the sessions that were used since the last call."""
        used, self._used = self._used, set()
        return used

    async def _read_current(self, token_hash: bytes) -> Session | None:
        """Read the session with its operator, and repeat this if the operator changes during the read."""
        while True:
            before = self._changes
            session = await self._read(token_hash)
            if session is None or self._changed.get(session.subject, 0) <= before:
                return session

    def known(self) -> Iterator[Session]:
        """Return the cached sessions."""
        return iter(self._known.values())

    def forget(self, session_id: str) -> None:
        """Mark the session as ended and remove it from the cache. All users of the object see this at once."""
        _remember(self._ended, session_id, None)
        for token_hash, session in [*self._known.items()]:
            if session.id == session_id:
                session.ended = True
                del self._known[token_hash]

    def forget_person(self, operator_id: str, changed_at: int | None = None) -> None:
        """Remove the operator's sessions from the cache, because role, name or status changed.

        The objects are marked as ended, although the sessions may continue. Their users must find them again.

        Args:
            changed_at: sessions that know this change already are not removed.
        """
        self._changes += 1
        _remember(self._changed, operator_id, self._changes)
        for token_hash, session in [*self._known.items()]:
            if session.subject == operator_id and session.changed_at != changed_at:
                session.ended = True
                del self._known[token_hash]


def _remember(of: dict[str, int] | dict[str, None], key: str, value: int | None) -> None:
    """Store a key, and remove the oldest beyond MAX_ITEMS."""
    of.pop(key, None)
    of[key] = value  # pyright: ignore[reportArgumentType]
    if len(of) > MAX_ITEMS:
        del of[next(iter(of))]
