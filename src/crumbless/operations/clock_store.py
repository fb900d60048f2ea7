"""The second witness of an item's age (core/age_witness.py), stored in the row of the recurring task "retention"."""

import msgspec
from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import IntegrityError

from crumbless.core import ids
from crumbless.core.age_witness import AgeWitness, advance, first_witness, time_at_start
from crumbless.core.steady_clock import boot_name, elapsed_ms
from crumbless.database.database import database_clock, write_once
from crumbless.ledger.tables import task
from crumbless.realtime.tables import session
from crumbless.tasks.task import RECURRING
from crumbless.tasks.task_store import add_recurring

_BOOT = boot_name()
_ROW = task.c.id == RECURRING["retention"]


def begin_clock(database_url: str) -> None:
    """Set the time of this process from what is stored and from the database's clock. Call before serving."""
    try:
        write_once(database_url, _begin)
    except IntegrityError:
        # Another node that starts at this moment has added the row.
        write_once(database_url, _begin)


def _begin(connection: Connection) -> None:
    add_recurring(connection, "retention", ids.now_ms())
    witness = _read(connection)
    elapsed, database_now = elapsed_ms(), database_clock(connection)
    known = time_at_start(witness, _BOOT, elapsed) if witness else None
    if known is not None:
        ids.steady.begin(known, elapsed)
    elif witness is not None and database_now < witness.steady:
        # The clock is wrong now, or was wrong before. The stored time is a lower limit if it was right.
        ids.steady.begin(witness.steady, elapsed, provisional=True)
    else:
        ids.steady.begin(database_now, elapsed)
    advance_witness(connection)


def advance_witness(connection: Connection) -> int:
    """Record the time that has passed, and return the time by which data may be deleted for its age."""
    witness = _read(connection)
    elapsed, now = elapsed_ms(), ids.now_ms()
    if witness is None:
        last_use = connection.execute(select(func.max(session.c.last_seen_at))).scalar()
        witness = first_witness(_BOOT, elapsed, now, last_use)
    else:
        witness = advance(witness, _BOOT, elapsed, now)
    connection.execute(update(task).where(_ROW).values(payload=msgspec.to_builtins(witness)))
    ids.steady.see(witness.seen, elapsed)
    # A trigger rejects deleting audit log entries that are too young by the database's own clock.
    return min(ids.confirmed_ms(), database_clock(connection))


def _read(connection: Connection) -> AgeWitness | None:
    stored = connection.execute(select(task.c.payload).where(_ROW).with_for_update()).scalar()
    return msgspec.convert(stored, AgeWitness) if stored else None
