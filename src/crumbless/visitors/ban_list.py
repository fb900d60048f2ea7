"""Bans in memory, so that a check needs no database read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BanList:
    """The bans of all workspaces that are in force, and the networks of visitors banned in the last 24 hours."""

    bans: frozenset[tuple[int, str, str]] = frozenset()
    suspect_networks: frozenset[tuple[int, str]] = frozenset()

    def holds(self, workspace: int, **known: str | None) -> bool:
        """Return whether one of these is banned: visitor, key, contact, network."""
        return any(value is not None and (workspace, kind, value) in self.bans for kind, value in known.items())

    def suspects(self, workspace: int, network: str) -> bool:
        """Return whether a visitor of this network was banned in the last 24 hours.

        New chats from it require a proof of work.
        """
        return (workspace, network) in self.suspect_networks
