"""The bus inside one process: a call."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from crumbless.domain.access import Session
from crumbless.domain.entry import Appended
from crumbless.domain.wire import SeenNow
from crumbless.live.connections import Connections
from crumbless.live.feed import Feed
from crumbless.live.sessions import SessionCache
from crumbless.live.summaries import Summaries


class MemoryBus:
    """Tells the only node there is. The bus of several (bus_network.py) has the same methods."""

    lossy = False

    def __init__(self, feed: Feed, connections: Connections, sessions: SessionCache, summaries: Summaries) -> None:
        self._feed = feed
        self._connections = connections
        self._sessions = sessions
        self._summaries = summaries

    @property
    def connected(self) -> bool:
        """A call needs no connection."""
        return True

    def publish(self, appended: Sequence[Appended]) -> None:
        """Entries were committed: in position order within each workspace."""
        for workspace, own in by_workspace(appended):
            self._feed.receive(workspace, own)

    def show_typing(self, actor: Session, conversation: str, on: bool, site: int, team: str | None) -> None:
        """Ephemeral: may be lost, is never stored."""
        self._connections.show_typing(actor, conversation, on, site, team)

    def show_seen(self, workspace: int, seen: SeenNow, visitor_seq: int | None, site: int, team: str | None) -> None:
        """The mark is in the database already; this only tells it at once."""
        self._connections.show_seen(workspace, seen, visitor_seq, site, team)

    def end_session(self, session: Session) -> None:
        """The session was ended in the database; its streams end now."""
        self._sessions.forget(session.id)
        self._connections.end_session(session)

    def change_reach(self, workspace: int, visitors: Sequence[str]) -> None:
        """Sessions of these visitors reach more conversations now."""
        self._summaries.change_reach(visitors)

    def change_operator(self, workspace: int, operator_id: str) -> None:
        """What is known of the operator is read again when their streams come back."""
        self._sessions.forget_person(operator_id)
        self._connections.disconnect_operator(workspace, operator_id)

    def start(self, on_possible_loss: Callable[[], None]) -> None:
        """A call needs no preparation, and loses nothing."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    def follow(self, workspace: int) -> None:
        """Whatever is committed is committed here."""

    def unfollow(self, workspace: int) -> None:
        """Nothing to undo."""


def by_workspace(appended: Sequence[Appended]) -> Iterable[tuple[int, Sequence[Appended]]]:
    """The entries (not empty) of each workspace."""
    first = appended[0].entry.workspace
    if all(one.entry.workspace == first for one in appended):
        return ((first, appended),)
    found: dict[int, list[Appended]] = defaultdict(list)
    for one in appended:
        found[one.entry.workspace].append(one)
    return found.items()
