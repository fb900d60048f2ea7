"""Finds sessions that ended, operators that changed, and visitors who reach more conversations, on other nodes.

The bus reports it at once, and may lose it: when a node is killed between commit and publication, for example. So the
database is read once a second. Ends and changes of the last half minute, by their time, are found for all sessions at
once. The sessions in use are also read by ID, TURN each second in turn. This finds what the first read misses because
clocks differ, and what a visitor's session reaches.
"""

from collections.abc import Awaitable, Callable, Sequence
from itertools import chain

from crumbless.core.ids import now_ms
from crumbless.core.periodic import Periodic
from crumbless.realtime.connections import Connections
from crumbless.realtime.session_cache import SessionCache
from crumbless.realtime.session_state import SessionChanges, reach_summary
from crumbless.security.access import Session, later_authentication

POLL_SECONDS = 1.0

WINDOW_MS = 30_000
"""How far clocks of nodes may differ without a delay."""

TURN = 500
"""Sessions asked for by id each second."""

ReadChanges = Callable[[Sequence[str], int], Awaitable[SessionChanges]]
"""(ids, since) -> how these sessions stand, and what ended or changed from then on (milliseconds since 1970)."""


class SessionPoll:
    """Closes the streams of sessions that ended and of operators that changed, within a second.

    Args:
        change_reach: called with visitors whose sessions reach other conversations than this node knows.
    """

    def __init__(
        self,
        sessions: SessionCache,
        connections: Connections,
        read: ReadChanges,
        change_reach: Callable[[Sequence[str]], None],
    ) -> None:
        self._sessions = sessions
        self._connections = connections
        self._read = read
        self._change_reach = change_reach
        # The sessions that still have to be checked in this round.
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
        other_reach: dict[str, None] = {}
        for session_id in asked:
            state, held = changes.states.get(session_id), in_use.get(session_id, ())
            if state is None or state.ended:
                self._end(held)
                continue
            self._compare(held, state.changed_at)
            for session in held:
                session.authenticated_at = later_authentication(session.authenticated_at, state.authenticated_at, now)
            if state.reach is not None and any(_known_reach(session) != state.reach for session in held):
                # Only a stream needs to know: a request that names a conversation reads whether it is reached.
                streams = [one for session in held for one in self._connections.streams_of(session)]
                other_reach.update(
                    (one.session.subject, None) for one in streams if _known_reach(one.session) != state.reach
                )
        self._change_reach([*other_reach])
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


def _known_reach(session: Session) -> tuple[str, int] | None:
    return reach_summary(session.reach[0], len(session.reach)) if session.reach else None
