"""Sessions in use, so that a request need not read the database to know who asks."""

from collections.abc import Awaitable, Callable, Iterator

from crumbless.domain.access import Session
from crumbless.ids import confirmed_ms, now_ms

HOUR_MS = 3_600_000

MAX_ITEMS = 20_000
"""Sessions remembered. One that drops out is read again when it is next used."""


class SessionCache:
    """Finds the session of a token.

    Args:
        read: finds it in the database by the token's hash.
        operator_idle_ms, visitor_idle_ms: a session that is not used for so long has expired. Another node may have
            seen it used: the database knows.
    """

    def __init__(
        self, read: Callable[[bytes], Awaitable[Session | None]], operator_idle_ms: int, visitor_idle_ms: int
    ) -> None:
        self._read = read
        self._operator_idle_ms = operator_idle_ms
        self._visitor_idle_ms = visitor_idle_ms
        # Those that were used since somebody last asked.
        self._used: set[str] = set()
        # In order of last use, oldest first.
        self._known: dict[bytes, Session] = {}
        # Ended while the process runs: a read that began before the end must not bring the session back.
        self._ended: dict[str, None] = {}
        # How often people changed, and at which of these each did: what was read before is read again.
        self._changes = 0
        self._changed: dict[str, int] = {}

    async def find(self, token_hash: bytes) -> Session | None:
        """The session, or None when the token is unknown or has expired. The caller checks expiry and key."""
        now = now_ms()
        session = self._known.pop(token_hash, None)
        if session is not None and not self._is_idle(session):
            self._known[token_hash] = session
            self.note_used(session, now)
            return session
        session = await self._read_current(token_hash)
        if session is None or session.id in self._ended or self._is_idle(session):
            return None
        # Somebody else may have read it meanwhile: all must hold the same object, so that its end reaches all.
        session = self._known.setdefault(token_hash, session)
        if len(self._known) > MAX_ITEMS:
            del self._known[next(iter(self._known))]
        self.note_used(session, now)
        return session

    def remembers(self, token_hash: bytes) -> bool:
        """Return whether the session of the token is in memory, so that `find` need not read it."""
        return token_hash in self._known

    def _is_idle(self, session: Session) -> bool:
        idle_ms = self._visitor_idle_ms if session.role == "visitor" else self._operator_idle_ms
        if session.idle_ms:
            idle_ms = min(idle_ms, session.idle_ms)
        return confirmed_ms() - session.seen_at >= idle_ms

    def note_used(self, session: Session, now: int) -> None:
        """The session is in use: an operator's is noted each time, a visitor's at most once an hour."""
        # A time from the future was noted by a clock that was wrong.
        if session.role != "visitor" or abs(now - session.seen_at) >= HOUR_MS:
            session.seen_at = now
            self._used.add(session.id)

    def take_used(self) -> set[str]:
        """The ids of those that were noted since the last call."""
        used, self._used = self._used, set()
        return used

    async def _read_current(self, token_hash: bytes) -> Session | None:
        """The session with its operator as they are now, though they change while it is read."""
        while True:
            before = self._changes
            session = await self._read(token_hash)
            if session is None or self._changed.get(session.subject, 0) <= before:
                return session

    def known(self) -> Iterator[Session]:
        """The sessions that are remembered."""
        return iter(self._known.values())

    def forget(self, session_id: str) -> None:
        """The session was ended: whoever holds it sees that at once."""
        _remember(self._ended, session_id, None)
        for token_hash, session in [*self._known.items()]:
            if session.id == session_id:
                session.ended = True
                del self._known[token_hash]

    def forget_person(self, operator_id: str, changed_at: int | None = None) -> None:
        """The operator's role, name or status changed: what is known of their sessions holds no longer.

        Whoever holds one of these objects must find it again: it has ended, the session may not have.

        Args:
            changed_at: spares those that know of this change already.
        """
        self._changes += 1
        _remember(self._changed, operator_id, self._changes)
        for token_hash, session in [*self._known.items()]:
            if session.subject == operator_id and session.changed_at != changed_at:
                session.ended = True
                del self._known[token_hash]


def _remember(of: dict[str, int] | dict[str, None], key: str, value: int | None) -> None:
    """Keep the newest MOST."""
    of.pop(key, None)
    of[key] = value  # pyright: ignore[reportArgumentType]
    if len(of) > MAX_ITEMS:
        del of[next(iter(of))]
