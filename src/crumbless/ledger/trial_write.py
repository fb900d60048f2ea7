"""A trial write, which shows whether the disk accepts data."""

import os

from sqlalchemy import Connection, delete, insert

from crumbless.core.ids import now_ms
from crumbless.ledger.tables import task

TRIAL_BYTES = 256 * 1024
"""More than a usual batch: a trial of one page succeeded on a disk where no batch did."""

TRIAL_ID = -1_000
"""No other task has this ID: recurring tasks have small negative IDs, others positive ones."""


def write_trial(connection: Connection) -> None:
    """Write TRIAL_BYTES and delete them, in the caller's transaction. Its commit shows whether the disk accepts data.

    The bytes are random, because PostgreSQL would compress others. SQLite overwrites deleted data (secure_delete), so
    the pages are part of the commit.
    """
    now = now_ms()
    connection.execute(
        insert(task).values(
            id=TRIAL_ID,
            kind="trial",
            payload={},
            encrypted=os.urandom(TRIAL_BYTES),
            due_at=now,
            dead_at=now,
            created_at=now,
        )
    )
    connection.execute(delete(task).where(task.c.id == TRIAL_ID))
