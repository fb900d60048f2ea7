"""A visitor ends their session on this device. What they wrote stays."""

from crumbless.domain.access import Session, require
from crumbless.domain.ports import BusPort, LedgerPort
from crumbless.store.people_store import end_session


async def log_out_visitor(by: Session, ledger: LedgerPort, bus: BusPort) -> None:
    """The token is worth nothing from the commit on; the session's streams end.

    Raises:
        Refused: `forbidden` for an operator, `busy`.
    """
    require(by, "identify_own")
    await ledger.write(lambda connection: end_session(connection, by.id))
    bus.end_session(by)
