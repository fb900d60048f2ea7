"""The services about visitors: identity verification, device transfer, bans and proof of work."""

import time
from dataclasses import dataclass

from crumbless.actions.conversation_continue import DeviceTransfer
from crumbless.actions.identity_change import IdentityChange
from crumbless.actions.identity_vouch import IdentityVerification
from crumbless.actions.visitor_ban import VisitorBan
from crumbless.domain.ban import network_hash
from crumbless.domain.ports import LedgerPort, ReaderPort
from crumbless.domain.seal import SecretBox
from crumbless.domain.work import ProofOfWork
from crumbless.ids import now_ms
from crumbless.live.bans import BanCache
from crumbless.settings import VisitorSettings
from crumbless.store.ban_store import read_ban_list


@dataclass(frozen=True, slots=True)
class VisitorServices:
    """Identity verification, device transfer, bans and proof of work."""

    bans: BanCache
    verification: IdentityVerification
    device_transfer: DeviceTransfer
    ban: VisitorBan
    identity: IdentityChange
    proof_of_work: ProofOfWork
    network_key: bytes

    def network_hash(self, network: str) -> str:
        """Return the keyed hash of a network, which is stored instead of its address."""
        return network_hash(self.network_key, network)


def open_visitor_services(
    settings: VisitorSettings, reader: ReaderPort, ledger: LedgerPort, secret_box: SecretBox
) -> VisitorServices:
    """Return the services of a node. Nodes with one secret key share challenges and network hashes."""
    bans = BanCache(lambda: reader.read(read_ban_list), time.monotonic)
    days = settings.visitor_session_days
    return VisitorServices(
        bans=bans,
        verification=IdentityVerification(reader, ledger, bans, secret_box, days),
        device_transfer=DeviceTransfer(ledger, bans, secret_box, days),
        ban=VisitorBan(ledger),
        identity=IdentityChange(reader, ledger, secret_box),
        proof_of_work=ProofOfWork(secret_box.derive("work"), lambda: now_ms() / 1000),
        network_key=secret_box.derive("networks"),
    )
