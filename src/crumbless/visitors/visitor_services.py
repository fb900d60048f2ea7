"""The services about visitors: identity verification, device transfer, bans and proof of work."""

import time
from dataclasses import dataclass

from crumbless.core.ids import now_ms
from crumbless.core.settings import VisitorSettings
from crumbless.ledger.ledger_port import LedgerPort, ReaderPort
from crumbless.security.encryption import SecretBox
from crumbless.security.network_hash import network_hash
from crumbless.security.proof_of_work import ProofOfWork
from crumbless.visitors.ban_cache import BanCache
from crumbless.visitors.ban_change import VisitorBan
from crumbless.visitors.ban_store import read_ban_list
from crumbless.visitors.device_transfer import DeviceTransfer
from crumbless.visitors.identity_change import IdentityChange
from crumbless.visitors.identity_verify import IdentityVerification


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
