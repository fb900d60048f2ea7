"""The transaction, on each database: seqs and positions, repeats, refusals, and rollback."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from crumbless.core.errors import ApiError
from crumbless.database.database import write_once
from crumbless.ledger.entry import Appended, NewEntry
from crumbless.ledger.ledger_batch import BatchWriter, WriteRequest
from crumbless.ledger.ledger_open import open_writer
from crumbless.security.visibility import Scope
from support.value_make import OTHER_CONVERSATION, make_entry


@pytest.fixture
def writer(any_url: str) -> Iterator[BatchWriter]:
    """Return a writer on a database with two conversations in two workspaces."""
    made = open_writer(any_url)
    yield made
    made.close()


def request(entry: NewEntry | None, work: Any = None) -> WriteRequest:
    return WriteRequest(entry, work, lambda _outcome: None)


def commit(writer: BatchWriter, *entries: NewEntry) -> list[Any]:
    """Return the outcomes of one batch."""
    batch = [request(entry) for entry in entries]
    writer.commit(batch)
    return [one.outcome for one in batch]


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    return write_once(url, lambda connection: [tuple(row) for row in connection.execute(text(query))])


def test_entries_are_numbered_by_conversation_and_workspace(writer: BatchWriter) -> None:
    outcomes = commit(writer, make_entry(), make_entry(workspace=2, conversation=OTHER_CONVERSATION), make_entry())
    assert [(one.seq, one.position, one.repeat) for one in outcomes] == [(1, 1, False), (1, 1, False), (2, 2, False)]
    assert [(one.seq, one.position) for one in commit(writer, make_entry())] == [(3, 3)]


def test_conversation_outside_of_the_scope_is_refused_as_unknown(writer: BatchWriter) -> None:
    hidden, visible = make_entry(), make_entry()
    batch = [
        WriteRequest(hidden, None, lambda _outcome: None, scope=Scope(frozenset({2}))),
        WriteRequest(visible, None, lambda _outcome: None, scope=Scope(frozenset({1}))),
        WriteRequest(make_entry(conversation=OTHER_CONVERSATION), None, lambda _outcome: None),
    ]
    writer.commit(batch)
    refused, appended, unknown = [one.outcome for one in batch]
    assert isinstance(refused, ApiError)
    assert isinstance(unknown, ApiError)
    assert (refused.code, refused.detail) == (unknown.code, unknown.detail) == ("unknown_conversation", unknown.detail)
    assert isinstance(appended, Appended)
    assert (appended.seq, appended.site, appended.team) == (1, 1, None)
    # The outbox resends it. Once the operator sees the conversation, it is accepted.
    assert [one.seq for one in commit(writer, hidden)] == [2]


def test_every_field_is_read_back(writer: BatchWriter, any_url: str) -> None:
    entry = make_entry(text='" \\ \u2028 \U0001f600 {[', author_name="O'Olga", author_kind="operator")
    commit(writer, entry)
    (stored,) = commit(writer, entry)
    assert stored.repeat
    assert stored.entry == entry
    assert rows(any_url, "SELECT CAST(data AS TEXT), author_name, at FROM entry") == [(entry.data, "O'Olga", entry.at)]


def test_repeat_has_the_first_result(writer: BatchWriter) -> None:
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
        {"kind": "note"},
        {"kind": "closed"},
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_same_id_for_another_entry_is_a_conflict(writer: BatchWriter, changed: dict[str, str], together: bool) -> None:
    entry = make_entry()
    other = make_entry(**{"id": entry.id} | changed)
    outcomes = commit(writer, entry, other) if together else [*commit(writer, entry), *commit(writer, other)]
    assert isinstance(outcomes[1], ApiError)
    assert (outcomes[1].code, outcomes[1].entry_id) == ("id_conflict", entry.id)
    assert commit(writer, make_entry())[0].seq == 2


def test_conversation_of_another_workspace_is_unknown(writer: BatchWriter, any_url: str) -> None:
    outcomes = commit(
        writer,
        make_entry(conversation=OTHER_CONVERSATION),
        make_entry(conversation="none"),
        make_entry(workspace=2),
        make_entry(workspace=9),
        make_entry(),
    )
    assert [type(one) for one in outcomes] == [ApiError, ApiError, ApiError, ApiError, Appended]
    assert {one.code for one in outcomes[:4]} == {"unknown_conversation"}
    assert outcomes[4].position == 1
    assert rows(any_url, "SELECT count(*) FROM entry") == [(1,)]


def test_operators_message_moves_their_seen_mark(writer: BatchWriter, any_url: str) -> None:
    query = "SELECT status, waiting_since, operator_seen, visitor_seen FROM conversation WHERE workspace_id = 1"
    commit(writer, make_entry())
    assert rows(any_url, query) == [("open", 1_700_000_000_000, 0, 0)]
    commit(writer, make_entry(author_kind="operator"))
    assert rows(any_url, query) == [("open", None, 2, 0)]
    commit(writer, make_entry(author_kind="operator", kind="closed"))
    assert rows(any_url, query) == [("closed", None, 2, 0)]


def rename(name: str) -> Any:
    def work(connection: Connection) -> str:
        connection.execute(text("UPDATE visitor SET name = :name WHERE id = 'visitor-1'"), {"name": name})
        return name

    return work


def test_operation_and_entry_are_stored_together(writer: BatchWriter, any_url: str) -> None:
    one = request(make_entry(), rename("Vera"))
    writer.commit([one])
    assert one.result == "Vera"
    assert isinstance(one.outcome, Appended)
    assert rows(any_url, "SELECT name FROM visitor WHERE id = 'visitor-1'") == [("Vera",)]


def test_refused_entry_rolls_back_its_operation(writer: BatchWriter, any_url: str) -> None:
    refused, good = request(make_entry(conversation="none"), rename("Nobody")), request(make_entry())
    writer.commit([refused, good])
    assert isinstance(refused.outcome, ApiError)
    assert isinstance(good.outcome, Appended)
    assert rows(any_url, "SELECT name FROM visitor WHERE id = 'visitor-1'") == [("",)]


def test_failed_operation_does_not_affect_the_batch(writer: BatchWriter, any_url: str) -> None:
    def fail(connection: Connection) -> None:
        rename("Half")(connection)
        raise RuntimeError("half way")

    failed, alone = request(make_entry(), fail), request(None, rename("Vera"))
    plain = request(make_entry())
    writer.commit([plain, failed, alone])
    assert isinstance(failed.outcome, RuntimeError)
    assert isinstance(plain.outcome, Appended)
    assert alone.result == "Vera"
    assert rows(any_url, "SELECT name FROM visitor WHERE id = 'visitor-1'") == [("Vera",)]
    assert rows(any_url, "SELECT count(*) FROM entry") == [(1,)]


def test_positions_follow_the_order_of_the_batch(writer: BatchWriter) -> None:
    batch = [request(make_entry(), rename("x") if number % 3 == 0 else None) for number in range(10)]
    writer.commit(batch)
    assert [one.outcome.position for one in batch] == [*range(1, 11)]  # pyright: ignore
