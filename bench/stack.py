"""The interface of a measured server: how to start it, how to connect to it, and how to read its stored messages."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from load_run import Outcome, Wiring
from server_process import RunningServer
from socket_open import OpenSocket

CONVERSATIONS = 200
OPERATORS = 20
PADDING = "The parcel was promised for Tuesday, and the tracking page still says it waits in the depot. " * 2
"""The text of every message, after its id: about what a visitor writes."""


class Stack(Protocol):
    """A server with its own database, created again in `folder` for each start."""

    @property
    def name(self) -> str:
        """Return its name in the table."""
        ...

    def start(self, folder: Path) -> RunningServer:
        """Starts the server with an empty database, ready for `wire`."""
        ...

    def wire(self, server: RunningServer) -> Wiring:
        """Opens and signs in the connections of a run: a sender and a tab per conversation, and the operators."""
        ...

    def open_idle(self, server: RunningServer, count: int) -> Sequence[OpenSocket]:
        """Opens and signs in `count` connections that then stay silent."""
        ...

    def kept(self, folder: Path, run: str) -> frozenset[str]:
        """Return the ids of a run's messages in the database."""
        ...


def read_ids(database: Path, table: str, run: str) -> frozenset[str]:
    """The ids in `table` that start with `run`, read beside the server."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows: list[tuple[str]] = connection.execute(
            f"SELECT id FROM {table} WHERE substr(id, 1, ?) = ?", (len(run), run)
        ).fetchall()
    return frozenset(row[0] for row in rows)


def check_kept(stack: Stack, folder: Path, outcome: Outcome) -> tuple[int, int]:
    """Returns how many acknowledged messages the database lacks, and how many unacknowledged ones it has."""
    kept = stack.kept(folder, outcome.run)
    return len(outcome.acked - kept), len(kept - outcome.acked)
