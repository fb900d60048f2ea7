"""The state that SQLite's writer remembers between batches: it is never older than the database's."""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, update

from crumbless.core.errors import ApiError
from crumbless.database.database_sqlite import sqlite_path
from crumbless.ledger import conversation_cache
from crumbless.ledger.conversation_cache import ConversationCache
from crumbless.ledger.entry import NewEntry
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_port import Erasure
from crumbless.ledger.ledger_sequence import BatchState, Conversation
from crumbless.ledger.ledger_sqlite import SqliteBatchWriter
from crumbless.ledger.tables import conversation
from support.value_make import OTHER_CONVERSATION, make_entry


@pytest.fixture
def writer(database_url: str) -> Iterator[SqliteBatchWriter]:
    """Return a writer that knows the state of both conversations, each with one entry."""
    made = SqliteBatchWriter(database_url)
    assert seqs(made, make_entry(), make_entry(workspace=2, conversation=OTHER_CONVERSATION)) == [1, 1]
    yield made
    made.close()


def request(entry: NewEntry | None, operation: Any = None, workspace: int | None = None) -> WriteRequest:
    return WriteRequest(entry, operation, lambda _outcome: None, workspace)


def seqs(writer: SqliteBatchWriter, *entries: NewEntry) -> list[int]:
    """Return the numbers that one batch assigns."""
    batch = [request(entry) for entry in entries]
    writer.commit(batch)
    outcomes: list[Any] = [one.outcome for one in batch]
    return [one.seq for one in outcomes]


def raise_number(connection: Connection) -> None:
    """Change the newest number of each conversation, as no operation of the product does."""
    connection.execute(update(conversation).values(last_seq=10))


@pytest.mark.parametrize("workspace", [1, None])
def test_change_by_an_operation_is_seen(writer: SqliteBatchWriter, workspace: int | None) -> None:
    assert seqs(writer, make_entry()) == [2], "the premise: the conversation continues"
    writer.commit([request(None, raise_number, workspace)])
    assert seqs(writer, make_entry()) == [11]


def test_change_by_an_operation_is_seen_by_its_own_entry(writer: SqliteBatchWriter) -> None:
    one = request(make_entry(), raise_number)
    writer.commit([one])
    outcome: Any = one.outcome
    assert outcome.seq == 11


def test_change_by_another_connection_is_seen(writer: SqliteBatchWriter, database_url: str) -> None:
    assert seqs(writer, make_entry()) == [2], "the premise: the conversation continues"
    with contextlib.closing(sqlite3.connect(sqlite_path(database_url))) as other:
        other.execute("UPDATE conversation SET last_seq = 10")
        other.commit()
    assert seqs(writer, make_entry()) == [11]


def test_entry_that_is_rolled_back_takes_no_number(writer: SqliteBatchWriter) -> None:
    def erase(_connection: Connection) -> Erasure[None]:
        return Erasure(None, [make_entry(), make_entry(conversation="unknown")])

    one = request(None, erase, 1)
    one.erases = True
    writer.commit([one])
    assert isinstance(one.outcome, ApiError), "the premise: the second entry is rejected"
    assert seqs(writer, make_entry()) == [2]


def test_position_continues_after_a_batch_of_another_workspace(writer: SqliteBatchWriter) -> None:
    assert seqs(writer, make_entry()) == [2]
    assert seqs(writer, make_entry(workspace=2, conversation=OTHER_CONVERSATION)) == [2]
    batch = [request(make_entry())]
    writer.commit(batch)
    outcome: Any = batch[0].outcome
    assert (outcome.seq, outcome.position) == (3, 3)


def test_number_of_known_conversations_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_cache, "MAX_CONVERSATIONS", 20)
    cache = ConversationCache()
    for number in range(100):
        name = f"conversation-{number}"
        state, missing, _ = cache.take([make_entry(conversation=name)])
        assert missing == {name}
        found = Conversation(number, 1, 0, 0, "open", None, 0, 1, None, None, 0)
        cache.add(state, BatchState({name: found}, {1: number}, {}))
        assert len(cache) <= 21
    assert len(cache) > 1, "the premise: some are known"
