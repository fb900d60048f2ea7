"""Decides which conversations, sites and teams of a workspace an operator may see: all, or those of a list.

Only `visible(actor)` decides this. The predicate is here; ledger/visibility_sql.py has the SQL condition of the same
scope, and tests compare the two. All reads and changes of conversations, sites and teams use it:

- reads add the condition to their query;
- commands pass the scope to the ledger, which rejects a conversation outside of it as unknown;
- the stream delivers by the predicate, once for each distinct scope (realtime/connections.py).

Search, reports, exports, API keys and webhooks will use the same function. Search and reports add the condition to
their queries. An API key or a webhook has a separate scope, with which it reads as an operator does.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Scope:
    """A list of sites (their database IDs) and teams. A conversation is in it if its site or its team is."""

    sites: frozenset[int] = frozenset()
    teams: frozenset[str] = frozenset()

    def contains(self, site: int, team: str | None) -> bool:
        """Return whether a conversation of this site and team is in the scope. `team`: None for no team."""
        return site in self.sites or team in self.teams


NOTHING = Scope()
"""The scope of a session whose list was not read. A mistake then hides too much instead of showing too much."""

UNLIMITED_ROLES = frozenset({"owner", "admin"})
"""Roles that see the whole workspace, independent of the stored list."""


class Actor(Protocol):
    """A session, or another subject in a workspace. `scope`: None for the whole workspace."""

    @property
    def role(self) -> str: ...

    @property
    def scope(self) -> Scope | None: ...


def visible(actor: Actor) -> Scope | None:
    """Return the scope that limits what the actor sees in its workspace; None: no limit.

    Visitors have no scope: they can access only their own conversations (access.require_conversation).
    """
    if actor.role == "visitor" or actor.role in UNLIMITED_ROLES:
        return None
    return actor.scope


def is_visible(scope: Scope | None, site: int, team: str | None) -> bool:
    """Return whether a conversation of this site and team is visible within the scope."""
    return scope is None or scope.contains(site, team)
