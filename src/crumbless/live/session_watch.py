"""Sessions that ended and people that changed elsewhere: on another node whose word was lost, or by a command.

The bus tells it at once, and may lose it; so once a second the database is asked. What ended or changed in the last
half minute, by its time, is found for all sessions at once; clocks that differ more than that are outdone by asking for
the sessions in use themselves, some hundred each second in turn.
"""

from collections.abc import Awaitable, Callable, Sequence
from itertools import chain

from crumbless.domain.access import Session, later_authentication
from crumbless.domain.session_state import SessionChanges
from crumbless.ids import now_ms
from crumbless.live.connections import Connections
from crumbless.live.sessions import SessionCache
from crumbless.periodic import Periodic

POLL_SECONDS = 1.0

WINDOW_MS = 30_000
"""How far clocks of nodes may differ without a delay."""

TURN = 500
"""Sessions asked for by id each second."""

ReadChanges = Callable[[Sequence[str], int], Awaitable[SessionChanges]]
"""(ids, since) -> how these sessions stand, and what ended or changed from then on (milliseconds since 1970)."""


class SessionPoll:
    """Ends what has ended and turns out who has changed, within a second of it."""

    def __init__(self, sessions: SessionCache, connections: Connections, read: ReadChanges) -> None:
        self._sessions = sessions
        self._connections = connections
        self._read = read
        # Whose turn it is still in this round.
        self._turn: list[str] = []
        self.loop = Periodic("the session watch", self.poll, POLL_SECONDS)

    async def poll(self) -> None:
        """One look. Nothing is asked while no session is in use."""
        in_use = self._in_use()
        if not in_use:
            return
        asked = self._next_turn(in_use)
        now = now_ms()
        changes = await self._read(asked, now - WINDOW_MS)
        for session_id in asked:
            state, held = changes.states.get(session_id), in_use.get(session_id, ())
            if state is None or state.ended:
                self._end(held)
                continue
            self._compare(held, state.changed_at)
            for session in held:
                session.authenticated_at = later_authentication(session.authenticated_at, state.authenticated_at, now)
        for session_id in changes.ended:
            self._end(in_use.get(session_id, ()))
        people = dict(changes.people)
        for session in chain.from_iterable(in_use.values()):
            if session.subject in people:
                self._compare([session], people[session.subject])

    def _in_use(self) -> dict[str, list[Session]]:
        """Sessions by id: a stream may hold another object than the one that is remembered now."""
        found: dict[str, list[Session]] = {}
        for session in chain(self._sessions.known(), self._connections.sessions()):
            found.setdefault(session.id, []).append(session)
        return found

    def _next_turn(self, in_use: dict[str, list[Session]]) -> list[str]:
        if not self._turn:
            self._turn = [*in_use]
        asked, self._turn = self._turn[:TURN], self._turn[TURN:]
        return asked

    def _end(self, held: Sequence[Session]) -> None:
        for session in held:
            if not session.ended:
                self._sessions.forget(session.id)
                self._connections.end_session(session)

    def _compare(self, held: Sequence[Session], changed_at: int) -> None:
        for session in held:
            if session.changed_at != changed_at and not session.ended:
                self._sessions.forget_person(session.subject, changed_at)
                self._connections.disconnect_operator(session.workspace, session.subject, changed_at)
