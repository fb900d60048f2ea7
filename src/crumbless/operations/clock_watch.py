"""Compares this process's steady time with the wall clock, and reports when the wall clock was set."""

import datetime
import logging

from crumbless.core import ids
from crumbless.core.periodic import Periodic
from crumbless.core.steady_clock import CONFIRM_MS, ClockChange, elapsed_ms, read_machine
from crumbless.core.time_units import MINUTE_MS
from crumbless.database.database import database_clock
from crumbless.ledger.ledger_port import LedgerPort, ReaderPort
from crumbless.operations.clock_store import advance_witness

MACHINE_SECONDS = 1.0
"""How often this machine's clock is read."""

DATABASE_SECONDS = 10.0
"""How often PostgreSQL's clock is read."""

MAX_READ_MS = 10_000
"""A reading that took longer is ignored."""

log = logging.getLogger("crumbless.clock")


class ClockWatch:
    """Runs for as long as the server does.

    Args:
        shared: the database has a clock that all nodes share. It is read instead of this machine's.
    """

    def __init__(self, ledger: LedgerPort, reader: ReaderPort, *, shared: bool) -> None:
        self._ledger = ledger
        self._reader = reader
        self._shared = shared
        self.loop = Periodic("the clock watch", self._poll, DATABASE_SECONDS if shared else MACHINE_SECONDS)

    async def _poll(self) -> None:
        reading = await self._read_database() if self._shared else read_machine()
        change = reading and ids.steady.observe(*reading)
        if not change:
            return
        _report(change)
        if change.kind == "followed":
            # The next process on this machine starts with this time.
            await self._ledger.write(advance_witness)

    async def _read_database(self) -> tuple[int, int] | None:
        """Return PostgreSQL's clock, and the uptime in the middle of the reading.

        None if that took too long; the steady time continues without a comparison.
        """
        began = elapsed_ms()
        wall = await self._reader.read(database_clock)
        ended = elapsed_ms()
        if ended - began > MAX_READ_MS:
            return None
        return wall, (began + ended) // 2


def _report(change: ClockChange) -> None:
    direction = "ahead of" if change.by_ms > 0 else "behind"
    by = f"{datetime.timedelta(seconds=round(abs(change.by_ms) / 1000))} {direction} the time that has passed"
    if change.kind == "left":
        log.warning(
            "the wall clock is %s: it is ignored unless it stays so for %d minutes", by, CONFIRM_MS // MINUTE_MS
        )
    elif change.kind == "followed":
        log.warning(
            "the wall clock has stayed %s: it is used from now on, and nothing is deleted early because of it", by
        )
    else:
        log.warning("the wall clock is correct again: it was %s", by)
