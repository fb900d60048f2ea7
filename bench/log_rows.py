"""Bytes that a commit writes to SQLite's write-ahead log, for each byte of text in it."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import msgspec

from crumbless.core.ids import new_id, now_ms
from crumbless.database.schema import migrate
from crumbless.ledger.entry import NewEntry, message_data
from crumbless.ledger.ledger_batch import WriteRequest, ignore_outcome
from crumbless.ledger.ledger_sqlite import SqliteBatchWriter
from seed_crumbless import Layout, SignedIn, seed_database
from server_process import IN_MEMORY
from stack import PADDING
from stack_crumbless import MANY_CONVERSATIONS, MANY_WORKSPACES
from table_print import Line, judge

BATCH = 100
FILL = 20_000
"""Entries that are stored before, so that the indexes have many pages."""

COMMITS = 20
LOG_HEADER = 32


class LogBytes(msgspec.Struct, frozen=True):
    """Bytes of the log for each byte of text in each commit, with this number of conversations."""

    conversations: int
    per_byte: list[float]


def measure_log() -> list[LogBytes]:
    """Commits batches of BATCH messages, each in another conversation, with an empty log before each commit."""
    return [_measure(layout) for layout in (MANY_WORKSPACES, MANY_CONVERSATIONS)]


def _measure(layout: Layout) -> LogBytes:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        database = Path(folder) / "crumbless.db"
        url = f"sqlite:///{database}"
        migrate(url)
        visitors = seed_database(database, layout, "https://shop.example").visitors
        entries = _endless(visitors)
        writer = SqliteBatchWriter(url)
        for _ in range(FILL // BATCH):
            writer.commit([*islice(entries, BATCH)])
        per_byte = [_log_bytes(database, writer, [*islice(entries, BATCH)]) for _ in range(COMMITS)]
        writer.close()
    return LogBytes(len(visitors), per_byte)


def _endless(visitors: Sequence[SignedIn]) -> Iterator[WriteRequest]:
    data = message_data(PADDING)
    # A step that shares no divisor with the number of conversations: neighbours in the index are not neighbours here.
    order = [visitors[number * 77 % len(visitors)] for number in range(len(visitors))]
    for one in cycle(order):
        entry = NewEntry(
            workspace=one.workspace,
            conversation=one.conversation,
            id=new_id(),
            at=now_ms(),
            kind="message",
            author_kind="visitor",
            author_id="visitor",
            author_name="Visitor 4821",
            data=data,
        )
        yield WriteRequest(entry, None, ignore_outcome)


def _log_bytes(database: Path, writer: SqliteBatchWriter, batch: Sequence[WriteRequest]) -> float:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        busy: int = 1
        # Not sooner than the writer's own checkpoints, in another thread, permit it.
        while busy:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        writer.commit(batch)
        return (os.path.getsize(f"{database}-wal") - LOG_HEADER) / (len(batch) * len(PADDING))


def log_table(results: Sequence[LogBytes]) -> list[Line]:
    """One line for each number of conversations."""
    lines: list[Line] = []
    for one in results:
        value = median(one.per_byte)
        what = f"bytes of the log per byte of text, {BATCH} a commit, {one.conversations:,} conversations"
        beside = f"{len(one.per_byte)} commits, {min(one.per_byte):.1f} to {max(one.per_byte):.1f}"
        lines.append(Line(what, "<= 20", f"{value:.1f}", judge(value, 20, at_most=True), beside))
    return lines
