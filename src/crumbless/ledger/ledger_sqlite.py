"""The ledger's transaction on SQLite.

Each batch uses a handful of statements, independent of its size. `executemany` and row-by-row fetching release the
interpreter lock and wait for it again at every row. When the event loop is busy, this is a hundred times slower
(bench/README.md). So rows are inserted by multi-row VALUES, and lookups return one JSON value.
"""

import sqlite3
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from crumbless.database.checkpoint import Checkpointer, checkpoint
from crumbless.database.database_sqlite import writing_engine
from crumbless.ledger.conversation_cache import ConversationCache
from crumbless.ledger.entry import NewEntry
from crumbless.ledger.ledger_batch import WriteRequest, append_entries, run_operation
from crumbless.ledger.ledger_sequence import (
    CHANGED_COLUMNS,
    COLUMNS,
    CONVERSATION_COLUMNS,
    REPEAT_COLUMNS,
    BatchState,
    batch_state,
    decode_lookup,
)
from crumbless.ledger.reaction import Reaction

_encode = msgspec.json.Encoder().encode

WIDTH = len(COLUMNS)
"""Number of values in a row."""

_LOOK_UP = f"""
SELECT json_object(
  'conversations', (
    SELECT json_group_array(json_array({", ".join(f"c.{name}" for name in CONVERSATION_COLUMNS)},
      c.status = 'closed' AND (SELECT e.kind = 'erased' FROM entry AS e
        WHERE e.conversation_no = c.no AND e.seq = c.last_seq)))
    FROM conversation AS c WHERE c.id IN (SELECT value FROM json_each(?1))),
  'workspaces', (
    SELECT json_group_array(json_array(w.id, w.position))
    FROM workspace AS w WHERE w.id IN (SELECT value FROM json_each(?2))),
  'repeats', (
    SELECT json_group_array(json_array({", ".join(REPEAT_COLUMNS)}))
    FROM entry AS e JOIN conversation AS c ON c.no = e.conversation_no
    WHERE e.id IN (SELECT value FROM json_each(?3))))
"""  # noqa: S608 # nosec B608

_INSERT = f"INSERT INTO entry ({', '.join(COLUMNS)}) VALUES "  # noqa: S608 # nosec B608

MAX_ROWS = 256
"""Maximum of rows in one statement. Sizes are powers of two, so few statements are prepared and all are reused."""

_RAISE_CONVERSATIONS = f"""
UPDATE conversation SET {", ".join(f"{name} = new.{name}" for name in CHANGED_COLUMNS)}
FROM (SELECT json_extract(value, '$[0]') AS no, {
    ", ".join(f"json_extract(value, '$[{at}]') AS {name}" for at, name in enumerate(CHANGED_COLUMNS, 1))
} FROM json_each(?1)) AS new
WHERE conversation.no = new.no
"""  # noqa: S608 # nosec B608

_RAISE_WORKSPACES = """
UPDATE workspace SET position = new.position
FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS position FROM json_each(?1)) AS new
WHERE workspace.id = new.id
"""


class SqliteBatchWriter:
    """Commits batches to one SQLite file with `synchronous=FULL`."""

    def __init__(self, database_url: str, reactions: Sequence[Reaction] = ()) -> None:
        self._reactions = reactions
        self._engine = writing_engine(database_url)
        self._connection = self._engine.connect()
        driver: Any = self._connection.connection.dbapi_connection
        self._driver: sqlite3.Connection = driver
        self._execute: Any = driver.execute
        self._execute("PRAGMA wal_autocheckpoint=0")
        self._cache = ConversationCache()
        self._checkpointer = Checkpointer(database_url)
        self._checkpointer.start()

    def commit(self, batch: Sequence[WriteRequest]) -> None:
        """Commit the batch in one transaction and set each request's outcome."""
        self._execute("BEGIN IMMEDIATE")
        try:
            # Changes if another connection, such as that of a CLI command, has written.
            self._cache.use(self._execute("PRAGMA data_version").fetchone()[0])
            self._write(batch)
            self._execute("COMMIT")
        except BaseException:
            self._cache.clear()
            self._roll_back()
            raise
        if self._checkpointer.truncate_wanted:
            self._checkpointer.truncate(self._driver)
        elif self._checkpointer.reset_wanted:
            self._checkpointer.reset_wanted = False
            checkpoint(self._driver)

    def _write(self, batch: Sequence[WriteRequest]) -> None:
        plain: list[WriteRequest] = []
        for request in batch:
            if request.operation is None:
                plain.append(request)
                continue
            if request.entry is not None or request.erases:
                # Positions follow the order of the batch, so earlier entries are appended before this request.
                self._append(plain)
                plain = []
            # The operation may change conversations, and its entry may be rolled back.
            self._cache.forget(request.workspace)
            run_operation(self._connection, request, self._append)
            self._cache.forget(request.workspace)
            if request.erases:
                self._checkpointer.truncate_wanted = True
        self._append(plain)

    def _roll_back(self) -> None:
        # SQLite may have rolled back by itself (disk full, I/O error). Then no transaction is open.
        if self._driver.in_transaction:
            self._execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection, which checkpoints the write-ahead log."""
        self._checkpointer.stop()
        self._connection.close()
        self._engine.dispose()

    def _append(self, requests: list[WriteRequest]) -> None:
        append_entries(self._connection, requests, self._look_up, self._store_rows, self._reactions)

    def _look_up(self, entries: list[NewEntry]) -> BatchState:
        state, conversations, workspaces = self._cache.take(entries)
        row = self._execute(
            _LOOK_UP,
            (
                _encode([*conversations]).decode(),
                _encode([*workspaces]).decode(),
                _encode([entry.id for entry in entries]).decode(),
            ),
        ).fetchone()
        self._cache.add(state, batch_state(decode_lookup(row[0])))
        return state

    def _store_rows(self, values: list[object], state: BatchState) -> None:
        at = 0
        while (rows := (len(values) - at) // WIDTH) > 0:
            size = min(MAX_ROWS, 1 << (rows.bit_length() - 1))
            self._execute(_insert(size), values[at : at + size * WIDTH])
            at += size * WIDTH
        raised = [(c.number, *c.changed) for c in state.conversations.values() if c.position]
        self._execute(_RAISE_CONVERSATIONS, (_encode(raised).decode(),))
        self._execute(_RAISE_WORKSPACES, (_encode([*state.positions.items()]).decode(),))
        self._cache.advance(state.positions)


@cache
def _insert(rows: int) -> str:
    """Return the statement for this number of rows."""
    row = f"({', '.join('?' * WIDTH)})"
    return _INSERT + ", ".join([row] * rows)
