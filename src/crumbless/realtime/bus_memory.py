"""The bus inside one process: plain calls."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from crumbless.ledger.entry import Appended
from crumbless.protocol.frames import SeenNow
from crumbless.realtime.connections import Connections
from crumbless.realtime.feed import Feed
from crumbless.realtime.session_cache import SessionCache
from crumbless.realtime.summaries import Summaries
from crumbless.security.access import Session


class MemoryBus:
    """Delivers to the only node. The bus of several nodes (bus_network.py) has the same methods."""

    lossy = False

    def __init__(self, feed: Feed, connections: Connections, sessions: SessionCache, summaries: Summaries) -> None:
        self._feed = feed
        self._connections = connections
        self._sessions = sessions
        self._summaries = summaries
        self.on_seen: Callable[[int, SeenNow], None] = _ignore
        """Called with each mark that is delivered on this node."""

    @property
    def connected(self) -> bool:
        """Return True: a call needs no connection."""
        return True

    def publish(self, appended: Sequence[Appended]) -> None:
        """Deliver committed entries, in position order within each workspace."""
        for workspace, own in by_workspace(appended):
            self._feed.receive(workspace, own)

    def show_typing(self, actor: Session, conversation: str, on: bool, site: int, team: str | None) -> None:
        """Deliver a typing notice. It may be lost and is never stored."""
        self._connections.show_typing(actor, conversation, on, site, team)

    def show_seen(self, workspace: int, seen: SeenNow, visitor_seq: int | None, site: int, team: str | None) -> None:
        """Deliver a seen mark that is stored already."""
        self.on_seen(workspace, seen)
        self._connections.show_seen(workspace, seen, visitor_seq, site, team)

    def end_session(self, session: Session) -> None:
        """Close the streams of a session that was ended in the database."""
        self._sessions.forget(session.id)
        self._connections.end_session(session)

    def change_reach(self, workspace: int, visitors: Sequence[str]) -> None:
        """Refresh sessions of these visitors, which can access more conversations now."""
        self._summaries.change_reach(visitors)

    def change_operator(self, workspace: int, operator_id: str) -> None:
        """Discard what is cached about the operator and disconnect the operator's streams, so that they reconnect."""
        self._sessions.forget_person(operator_id)
        self._connections.disconnect_operator(workspace, operator_id)

    def start(self, on_possible_loss: Callable[[], None]) -> None:
        """Do nothing: a call needs no preparation and loses no messages."""

    async def stop(self) -> None:
        """Do nothing."""

    def follow(self, workspace: int) -> None:
        """Do nothing: all entries are committed by this process."""

    def unfollow(self, workspace: int) -> None:
        """Do nothing."""


def by_workspace(appended: Sequence[Appended]) -> Iterable[tuple[int, Sequence[Appended]]]:
    """Return the entries (not empty) grouped by workspace."""
    first = appended[0].entry.workspace
    if all(one.entry.workspace == first for one in appended):
        return ((first, appended),)
    found: dict[int, list[Appended]] = defaultdict(list)
    for one in appended:
        found[one.entry.workspace].append(one)
    return found.items()


def _ignore(_workspace: int, _seen: SeenNow) -> None:
    """Do nothing: the only node loses no mark."""
