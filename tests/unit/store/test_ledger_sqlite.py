"""The transaction: seqs and positions, repeats, refusals, and what a failure takes with it."""

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
from sqlalchemy import Connection, text

from crumbless.domain.entry import NewEntry
from crumbless.domain.ports import Appended
from crumbless.errors import Refused
from crumbless.store.database_sqlite import sqlite_path
from crumbless.store.ledger import Ticket
from crumbless.store.ledger_sqlite import MAX_ROWS, SqliteBatchWriter
from support.value_make import CONVERSATION, OTHER_CONVERSATION, make_entry


@pytest.fixture
def writer(database_url: str) -> Iterator[SqliteBatchWriter]:
    """On a database with two conversations in two workspaces."""
    made = SqliteBatchWriter(database_url)
    yield made
    made.close()


def ticket(entry: NewEntry | None, work: Any = None) -> Ticket:
    return Ticket(entry, work, lambda _outcome: None)


def commit(writer: SqliteBatchWriter, *entries: NewEntry) -> list[Any]:
    """The outcomes of one batch."""
    batch = [ticket(entry) for entry in entries]
    writer.commit(batch)
    return [one.outcome for one in batch]


def rows(database_url: str, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(sqlite_path(database_url))
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_entries_are_numbered_by_conversation_and_workspace(writer: SqliteBatchWriter) -> None:
    outcomes = commit(writer, make_entry(), make_entry(workspace=2, conversation=OTHER_CONVERSATION), make_entry())
    assert [(one.seq, one.position, one.repeat) for one in outcomes] == [(1, 1, False), (1, 1, False), (2, 2, False)]
    assert [(one.seq, one.position) for one in commit(writer, make_entry())] == [(3, 3)]


def test_every_field_comes_back_as_it_was_given(writer: SqliteBatchWriter, database_url: str) -> None:
    entry = make_entry(text='" \\ \u2028 \U0001f600 {[', author_name="O'Olga", author_kind="operator")
    commit(writer, entry)
    (kept,) = commit(writer, entry)
    assert kept.repeat
    assert kept.entry == entry
    assert rows(database_url, "SELECT text, author_name, at FROM entry") == [(entry.text, "O'Olga", entry.at)]


@pytest.mark.parametrize("size", [1, 2, 3, MAX_ROWS - 1, MAX_ROWS, MAX_ROWS + 1, 2 * MAX_ROWS + 7])
def test_batches_of_any_size_are_kept_whole(writer: SqliteBatchWriter, database_url: str, size: int) -> None:
    commit(writer, *(make_entry(text=str(number)) for number in range(size)))
    kept = rows(database_url, "SELECT position, seq, text FROM entry ORDER BY position")
    assert kept == [(number, number, str(number - 1)) for number in range(1, size + 1)]
    assert rows(database_url, "SELECT position FROM workspace WHERE id = 1") == [(size,)]
    assert rows(database_url, "SELECT last_seq, position FROM conversation WHERE workspace_id = 1") == [(size, size)]


def test_a_repeat_is_the_first_result(writer: SqliteBatchWriter) -> None:
    entry = make_entry()
    within = commit(writer, entry, make_entry(), entry)
    later = commit(writer, make_entry(id=entry.id, at=entry.at + 5))
    assert [(one.seq, one.repeat) for one in (*within, *later)] == [(1, False), (2, False), (1, True), (1, True)]
    assert later[0].entry.at == entry.at


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "Other words"},
        {"author_id": "visitor-9"},
        {"author_kind": "operator"},
        {"kind": "event", "text": "Hello"},
        {"event": "closed"},
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_the_same_id_for_something_else_is_a_conflict(
    writer: SqliteBatchWriter, changed: dict[str, str], together: bool
) -> None:
    entry = make_entry()
    other = make_entry(**{"id": entry.id} | changed)
    outcomes = commit(writer, entry, other) if together else [*commit(writer, entry), *commit(writer, other)]
    assert isinstance(outcomes[1], Refused)
    assert (outcomes[1].code, outcomes[1].entry_id) == ("id_conflict", entry.id)
    assert commit(writer, make_entry())[0].seq == 2


def test_a_conversation_of_another_workspace_is_unknown(writer: SqliteBatchWriter, database_url: str) -> None:
    outcomes = commit(
        writer,
        make_entry(conversation=OTHER_CONVERSATION),
        make_entry(conversation="none"),
        make_entry(workspace=2),
        make_entry(workspace=9),
        make_entry(),
    )
    assert [type(one) for one in outcomes] == [Refused, Refused, Refused, Refused, Appended]
    assert {one.code for one in outcomes[:4]} == {"unknown_conversation"}
    assert outcomes[4].position == 1
    assert rows(database_url, "SELECT count(*) FROM entry") == [(1,)]


def test_an_operators_message_moves_their_seen_mark(writer: SqliteBatchWriter, database_url: str) -> None:
    query = "SELECT status, operator_seen, visitor_seen FROM conversation WHERE workspace_id = 1"
    commit(writer, make_entry())
    assert rows(database_url, query) == [("waiting", 0, 0)]
    commit(writer, make_entry(author_kind="operator"))
    assert rows(database_url, query) == [("open", 2, 0)]
    commit(writer, make_entry(author_kind="operator", kind="event", event="closed", text=""))
    assert rows(database_url, query) == [("closed", 2, 0)]


def rename(name: str) -> Any:
    def work(connection: Connection) -> str:
        connection.execute(text("UPDATE visitor SET name = :name WHERE id = 'visitor-1'"), {"name": name})
        return name

    return work


def test_work_and_entry_are_kept_together(writer: SqliteBatchWriter, database_url: str) -> None:
    one = ticket(make_entry(), rename("Vera"))
    writer.commit([one])
    assert one.result == "Vera"
    assert isinstance(one.outcome, Appended)
    assert rows(database_url, "SELECT name FROM visitor WHERE id = 'visitor-1'") == [("Vera",)]


def test_a_refused_entry_takes_its_work_with_it(writer: SqliteBatchWriter, database_url: str) -> None:
    refused, good = ticket(make_entry(conversation="none"), rename("Nobody")), ticket(make_entry())
    writer.commit([refused, good])
    assert isinstance(refused.outcome, Refused)
    assert isinstance(good.outcome, Appended)
    assert rows(database_url, "SELECT name FROM visitor WHERE id = 'visitor-1'") == [("",)]


def test_work_that_fails_fails_alone(writer: SqliteBatchWriter, database_url: str) -> None:
    def fail(connection: Connection) -> None:
        rename("Half")(connection)
        raise RuntimeError("half way")

    failed, alone = ticket(make_entry(), fail), ticket(None, rename("Vera"))
    plain = ticket(make_entry())
    writer.commit([plain, failed, alone])
    assert isinstance(failed.outcome, RuntimeError)
    assert isinstance(plain.outcome, Appended)
    assert alone.result == "Vera"
    assert rows(database_url, "SELECT name FROM visitor WHERE id = 'visitor-1'") == [("Vera",)]
    assert rows(database_url, "SELECT count(*) FROM entry") == [(1,)]


def test_positions_follow_the_order_of_the_batch(writer: SqliteBatchWriter) -> None:
    batch = [ticket(make_entry(), rename("x") if number % 3 == 0 else None) for number in range(10)]
    writer.commit(batch)
    assert [one.outcome.position for one in batch] == [*range(1, 11)]  # pyright: ignore


def test_a_commit_that_fails_keeps_nothing_and_the_next_works(
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
    assert commit(writer, entry)[0].repeat is False


Step = tuple[int, int, bool]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.integers(1, 2), st.integers(0, 15), st.booleans()), max_size=12), max_size=6))
def test_any_batches_number_without_gap_or_repeat(prepared: Path, batches: list[list[Step]]) -> None:
    """Against a model: a list for each workspace, where an id that is there already adds nothing."""
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
                kept = model[entry.workspace]
                known = kept.setdefault(entry.id, entry.text)
                if known != entry.text:
                    assert isinstance(outcome, Refused)
                else:
                    assert outcome.position == outcome.seq == [*kept].index(entry.id) + 1
        writer.close()
        for workspace, kept in model.items():
            query = f"SELECT id, text FROM entry WHERE workspace_id = {workspace} ORDER BY position"
            assert rows(f"sqlite:///{path}", query) == [*kept.items()]
