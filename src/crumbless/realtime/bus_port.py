"""The interface to the bus between nodes."""

from collections.abc import Sequence
from typing import Protocol

from crumbless.protocol.frames import SeenNow
from crumbless.security.access import Session


class BusPort(Protocol):
    """Reports to all nodes the changes that are not entries (realtime/bus_memory.py)."""

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
