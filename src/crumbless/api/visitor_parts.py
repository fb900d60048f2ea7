"""What acts on visitors, joined once: who vouches for them, where they go on, whom to keep out."""

import time
from dataclasses import dataclass

from crumbless.actions.conversation_continue import ConversationContinue
from crumbless.actions.identity_change import IdentityChange
from crumbless.actions.identity_vouch import IdentityVouch
from crumbless.actions.visitor_ban import VisitorBan
from crumbless.domain.ban import network_hash
from crumbless.domain.ports import LedgerPort, ReaderPort
from crumbless.domain.seal import Vault
from crumbless.domain.work import WorkDesk
from crumbless.ids import now_ms
from crumbless.live.bans import Bans
from crumbless.settings import Settings
from crumbless.store.ban_store import read_ban_list


@dataclass(frozen=True, slots=True)
class VisitorParts:
    """Who visitors are, where they go on, and whom to keep out."""

    bans: Bans
    vouch: IdentityVouch
    goes_on: ConversationContinue
    ban: VisitorBan
    identity: IdentityChange
    work: WorkDesk
    network_key: bytes

    def network_hash(self, network: str) -> str:
        """What is kept of a network in place of its address."""
        return network_hash(self.network_key, network)


def open_visitor_parts(settings: Settings, reader: ReaderPort, ledger: LedgerPort, vault: Vault) -> VisitorParts:
    """The parts of one node; every node with the same key knows the challenges and networks of the others."""
    bans = Bans(lambda: reader.read(read_ban_list), time.monotonic)
    days = settings.visitor_session_days
    return VisitorParts(
        bans=bans,
        vouch=IdentityVouch(reader, ledger, bans, vault, days),
        goes_on=ConversationContinue(ledger, bans, vault, days),
        ban=VisitorBan(ledger),
        identity=IdentityChange(reader, ledger, vault),
        work=WorkDesk(vault.derive("work"), lambda: now_ms() / 1000),
        network_key=vault.derive("networks"),
    )
