"""Bans in memory, so that a check needs no database read."""

from dataclasses import dataclass

from crumbless.visitors.identity_wire import BanKind


@dataclass(frozen=True, slots=True)
class BanList:
    """The bans of all workspaces that are in force, and the networks from which banned visitors last connected."""

    bans: frozenset[tuple[int, str, str]] = frozenset()
    suspect_networks: frozenset[tuple[int, str]] = frozenset()

    def holds(self, workspace: int, **known: str | None) -> bool:
        """Return whether one of these is banned: visitor, key, contact, network."""
        return any(value is not None and (workspace, kind, value) in self.bans for kind, value in known.items())

    def suspects(self, workspace: int, network: str) -> bool:
        """Return whether a banned visitor last used this network. New chats from it require a proof of work."""
        return (workspace, network) in self.suspect_networks


BAN_KINDS: tuple[BanKind, ...] = ("visitor", "key", "contact", "network")
