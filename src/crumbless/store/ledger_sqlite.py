"""The ledger's transaction on SQLite.

Each batch is a handful of statements whatever its size, each fed and answered through one JSON value: `executemany` and
row-by-row fetching let go of the interpreter lock and fight for it again at every row, which costs a hundredfold when
the loop is busy (measured; see bench/README.md).
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from crumbless.domain.conversation import status_after
from crumbless.domain.entry import NewEntry
from crumbless.domain.ports import Appended
from crumbless.domain.wire import Status
from crumbless.errors import Refused
from crumbless.store.database import writing_engine
from crumbless.store.ledger import Ticket, run_work

_encode = msgspec.json.Encoder().encode

_LOOK_UP = """
SELECT json_object(
  'conversations', (
    SELECT json_group_array(json_array(c.id, c.workspace_id, c.last_seq, c.status, c.operator_seen))
    FROM conversation AS c WHERE c.id IN (SELECT value FROM json_each(?1))),
  'workspaces', (
    SELECT json_group_array(json_array(w.id, w.position))
    FROM workspace AS w WHERE w.id IN (SELECT value FROM json_each(?2))),
  'repeats', (
    SELECT json_group_array(json_array(
      e.conversation_id, e.id, e.seq, e.position, e.at,
      e.kind, e.author_kind, e.author_id, e.author_name, e.text, e.event))
    FROM json_each(?3) AS wanted JOIN entry AS e
      ON e.workspace_id = json_extract(wanted.value, '$[0]')
      AND e.conversation_id = json_extract(wanted.value, '$[1]')
      AND e.id = json_extract(wanted.value, '$[2]')))
"""

_INSERT = """
INSERT INTO entry
  (workspace_id, position, conversation_id, seq, id, at, kind, author_kind, author_id, author_name, text, event)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
  json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
  json_extract(value, '$[6]'), json_extract(value, '$[7]'), json_extract(value, '$[8]'),
  json_extract(value, '$[9]'), json_extract(value, '$[10]'), json_extract(value, '$[11]')
FROM json_each(?1)
"""

_RAISE_CONVERSATIONS = """
UPDATE conversation SET last_seq = new.last_seq, position = new.position, status = new.status,
  operator_seen = new.operator_seen
FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS last_seq,
  json_extract(value, '$[2]') AS position, json_extract(value, '$[3]') AS status,
  json_extract(value, '$[4]') AS operator_seen FROM json_each(?1)) AS new
WHERE conversation.id = new.id
"""

_RAISE_WORKSPACES = """
UPDATE workspace SET position = new.position
FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS position FROM json_each(?1)) AS new
WHERE workspace.id = new.id
"""


class _Conversation:
    __slots__ = ("last_seq", "operator_seen", "position", "status", "workspace")

    def __init__(self, workspace: int, last_seq: int, status: Status, operator_seen: int) -> None:
        self.workspace = workspace
        self.last_seq = last_seq
        self.status: Status = status
        self.operator_seen = operator_seen
        self.position = 0


class _Found(msgspec.Struct):
    """The answer of _LOOK_UP."""

    conversations: list[tuple[str, int, int, Status, int]]
    workspaces: list[tuple[int, int]]
    repeats: list[tuple[str, str, int, int, int, Any, Any, str, str, str, Any]]


_decode_found = msgspec.json.Decoder(_Found).decode


class SqliteBatchWriter:
    """Commits batches to one SQLite file with `synchronous=FULL`."""

    def __init__(self, database_url: str) -> None:
        self._engine = writing_engine(database_url)
        self._connection = self._engine.connect()
        driver: Any = self._connection.connection.dbapi_connection
        self._execute = driver.execute

    def commit(self, batch: Sequence[Ticket]) -> None:
        """One transaction for the whole batch; puts each ticket's outcome into it."""
        self._execute("BEGIN IMMEDIATE")
        try:
            tickets = [ticket for ticket in batch if run_work(self._connection, ticket) and ticket.entry is not None]
            if tickets:
                self._append(tickets)
            self._execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        # SQLite may have rolled back by itself (disk full, I/O error); then there is nothing left to end.
        if self._connection.connection.dbapi_connection.in_transaction:  # pyright: ignore
            self._execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection, which checkpoints the write-ahead log."""
        self._connection.close()
        self._engine.dispose()

    def _append(self, tickets: list[Ticket]) -> None:
        entries = [ticket.entry for ticket in tickets if ticket.entry is not None]
        found = self._look_up(entries)
        conversations = {row[0]: _Conversation(*row[1:]) for row in found.conversations}
        positions = dict(found.workspaces)
        known = {(row[0], row[1]): _repeat(row, conversations[row[0]].workspace) for row in found.repeats}
        rows: list[tuple[object, ...]] = []
        for ticket, entry in zip(tickets, entries, strict=True):
            ticket.outcome = _place(entry, conversations, positions, known, rows)
        if rows:
            self._keep(rows, conversations, positions)

    def _look_up(self, entries: list[NewEntry]) -> _Found:
        row = self._execute(
            _LOOK_UP,
            (
                _encode([*{entry.conversation for entry in entries}]).decode(),
                _encode([*{entry.workspace for entry in entries}]).decode(),
                _encode([(entry.workspace, entry.conversation, entry.id) for entry in entries]).decode(),
            ),
        ).fetchone()
        return _decode_found(row[0])

    def _keep(
        self, rows: list[tuple[object, ...]], conversations: dict[str, _Conversation], positions: dict[int, int]
    ) -> None:
        self._execute(_INSERT, (_encode(rows).decode(),))
        raised = [
            (i, c.last_seq, c.position, c.status, c.operator_seen) for i, c in conversations.items() if c.position
        ]
        self._execute(_RAISE_CONVERSATIONS, (_encode(raised).decode(),))
        self._execute(_RAISE_WORKSPACES, (_encode([*positions.items()]).decode(),))


def _place(
    entry: NewEntry,
    conversations: dict[str, _Conversation],
    positions: dict[int, int],
    known: dict[tuple[str, str], Appended],
    rows: list[tuple[object, ...]],
) -> Appended | Refused:
    """Give the entry the next seq and position, or find that it has them, or refuse it."""
    conversation = conversations.get(entry.conversation)
    if conversation is None or conversation.workspace != entry.workspace:
        return Refused("unknown_conversation", entry_id=entry.id)
    if before := known.get((entry.conversation, entry.id)):
        return before if _same(before.entry, entry) else Refused("id_conflict", entry_id=entry.id)
    conversation.last_seq += 1
    conversation.status = status_after(conversation.status, entry.kind, entry.author_kind, entry.event)
    if entry.author_kind == "operator" and entry.kind == "message":
        conversation.operator_seen = conversation.last_seq
    positions[entry.workspace] += 1
    conversation.position = positions[entry.workspace]
    appended = Appended(entry, conversation.last_seq, conversation.position, repeat=False)
    known[(entry.conversation, entry.id)] = Appended(entry, appended.seq, appended.position, repeat=True)
    rows.append(
        (
            entry.workspace,
            appended.position,
            entry.conversation,
            appended.seq,
            entry.id,
            entry.at,
            entry.kind,
            entry.author_kind,
            entry.author_id,
            entry.author_name,
            entry.text,
            entry.event,
        )
    )
    return appended


def _same(before: NewEntry, entry: NewEntry) -> bool:
    """Whether a resend is the same entry: same author, same words. The clock may have moved on."""
    return (
        before.author_kind == entry.author_kind
        and before.author_id == entry.author_id
        and before.kind == entry.kind
        and before.event == entry.event
        and before.text == entry.text
    )


def _repeat(row: tuple[Any, ...], workspace: int) -> Appended:
    conversation, entry_id, seq, position, at, kind, author_kind, author_id, author_name, text, event = row
    entry = NewEntry(workspace, conversation, entry_id, at, kind, author_kind, author_id, author_name, text, event)
    return Appended(entry, seq, position, repeat=True)
