"""Batches of any size and order, and a full disk. For the behaviour of every database see test_ledger_sequence.py."""

import shutil
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crumbless.core.errors import ApiError
from crumbless.database.database_sqlite import sqlite_path
from crumbless.ledger.entry import NewEntry, message_data
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_sqlite import MAX_ROWS, SqliteBatchWriter
from support.value_make import CONVERSATION, OTHER_CONVERSATION, make_entry


@pytest.fixture
def writer(database_url: str) -> Iterator[SqliteBatchWriter]:
    """Return a writer on a database with two conversations in two workspaces."""
    made = SqliteBatchWriter(database_url)
    yield made
    made.close()


def request(entry: NewEntry | None, work: Any = None) -> WriteRequest:
    return WriteRequest(entry, work, lambda _outcome: None)


def commit(writer: SqliteBatchWriter, *entries: NewEntry) -> list[Any]:
    """Return the outcomes of one batch."""
    batch = [request(entry) for entry in entries]
    writer.commit(batch)
    return [one.outcome for one in batch]


def rows(database_url: str, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(sqlite_path(database_url))
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("size", [1, 2, 3, MAX_ROWS - 1, MAX_ROWS, MAX_ROWS + 1, 2 * MAX_ROWS + 7])
def test_batches_of_any_size_are_stored(writer: SqliteBatchWriter, database_url: str, size: int) -> None:
    commit(writer, *(make_entry(text=str(number)) for number in range(size)))
    stored = rows(database_url, "SELECT position, seq, data FROM entry ORDER BY position")
    assert stored == [(number, number, message_data(str(number - 1))) for number in range(1, size + 1)]
    assert rows(database_url, "SELECT position FROM workspace WHERE id = 1") == [(size,)]
    assert rows(database_url, "SELECT last_seq, position FROM conversation WHERE workspace_id = 1") == [(size, size)]


def test_failed_commit_stores_nothing_and_the_next_works(
    writer: SqliteBatchWriter, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = writer._execute  # pyright: ignore[reportPrivateUsage]

    def fail_at_commit(statement: str, *values: Any) -> Any:
        if statement == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        return execute(statement, *values)

    monkeypatch.setattr(writer, "_execute", fail_at_commit)
    entry = make_entry()
    with pytest.raises(sqlite3.OperationalError):
        commit(writer, entry)
    monkeypatch.setattr(writer, "_execute", execute)
    assert rows(database_url, "SELECT count(*) FROM entry") == [(0,)]
    stored = commit(writer, entry)[0]
    assert (stored.repeat, stored.seq, stored.position) == (False, 1, 1)


Step = tuple[int, int, bool]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.integers(1, 2), st.integers(0, 15), st.booleans()), max_size=12), max_size=6))
def test_any_batches_number_without_gap_or_repeat(prepared: Path, batches: list[list[Step]]) -> None:
    """Against a model: a list for each workspace, where an existing ID adds nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "crumbless.db"
        shutil.copy(prepared, path)
        writer = SqliteBatchWriter(f"sqlite:///{path}")
        model: dict[int, dict[str, str]] = defaultdict(dict)
        for batch in batches:
            entries = [
                make_entry(
                    workspace=workspace,
                    conversation=CONVERSATION if workspace == 1 else OTHER_CONVERSATION,
                    id=f"id-{number}",
                    text="other" if changed else "words",
                )
                for workspace, number, changed in batch
            ]
            for entry, outcome in zip(entries, commit(writer, *entries), strict=True):
                expected = model[entry.workspace]
                known = expected.setdefault(entry.id, str(entry.data))
                if known != entry.data:
                    assert isinstance(outcome, ApiError)
                else:
                    assert outcome.position == outcome.seq == [*expected].index(entry.id) + 1
        writer.close()
        for workspace, expected in model.items():
            query = f"SELECT id, data FROM entry WHERE workspace_id = {workspace} ORDER BY position"
            assert rows(f"sqlite:///{path}", query) == [*expected.items()]
