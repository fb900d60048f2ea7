"""Bans as they are asked for: whether one holds, without a read for each question."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hmac import digest as hmac_digest

from crumbless.domain.wire_identity import BanKind


@dataclass(frozen=True, slots=True)
class BanList:
    """The bans of all workspaces that hold now, and from which networks banned visitors last came."""

    bans: frozenset[tuple[int, str, str]] = frozenset()
    suspect_networks: frozenset[tuple[int, str]] = frozenset()

    def holds(self, workspace: int, **known: str | None) -> bool:
        """Whether somebody is banned who is known by any of these: visitor, key, contact, network."""
        return any(value is not None and (workspace, kind, value) in self.bans for kind, value in known.items())

    def suspects(self, workspace: int, network: str) -> bool:
        """Whether a banned visitor last came from this network: whoever begins anew there is asked for work."""
        return (workspace, network) in self.suspect_networks


BAN_KINDS: tuple[BanKind, ...] = ("visitor", "key", "contact", "network")


def network_hash(key: bytes, network: str) -> str:
    """What is kept of a network: a keyed hash, from which nobody without the key finds the address again."""
    return urlsafe_b64encode(hmac_digest(key, network.encode(), "sha256")).rstrip(b"=").decode()
