"""Several writers at once, and connections lost at every point: no entry is lost or duplicated."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, select, text

from crumbless.core.errors import ApiError
from crumbless.database import database_postgres
from crumbless.database.database import write_once
from crumbless.ledger import ledger_postgres
from crumbless.ledger.entry import Appended, NewEntry
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_postgres import PostgresBatchWriter
from crumbless.ledger.tables import workspace
from crumbless.people.workspace_store import add_workspace, find_workspace
from support.postgres import PostgresServer, ask_postgres
from support.value_make import CONVERSATION, OTHER_CONVERSATION, make_entry

Lost = asyncpg.exceptions.ConnectionDoesNotExistError


@pytest.fixture
def writer(postgres_url: str) -> Iterator[PostgresBatchWriter]:
    made = PostgresBatchWriter(postgres_url)
    yield made
    made.close()


def request(entry: NewEntry | None, work: Any = None, workspace_id: int | None = None) -> WriteRequest:
    return WriteRequest(entry, work, lambda _outcome: None, workspace_id)


def commit(writer: PostgresBatchWriter, *entries: NewEntry) -> list[Any]:
    batch = [request(entry) for entry in entries]
    writer.commit(batch)
    return [one.outcome for one in batch]


def stored_entries(url: str) -> list[tuple[Any, ...]]:
    return ask_postgres(url, "SELECT workspace_id, position, id FROM entry ORDER BY workspace_id, position")


def test_simultaneous_writers_leave_no_gap_and_do_not_deadlock(postgres_url: str) -> None:
    places = {1: CONVERSATION, 2: OTHER_CONVERSATION}
    failures: list[Exception] = []

    def write(first: int) -> None:
        made = PostgresBatchWriter(postgres_url)
        try:
            for _ in range(25):
                order = [first, 3 - first, first]
                outcomes = commit(made, *(make_entry(workspace=one, conversation=places[one]) for one in order))
                assert all(type(one) is Appended and not one.repeat for one in outcomes), outcomes
        except Exception as error:
            failures.append(error)
        finally:
            made.close()

    threads = [threading.Thread(target=write, args=(first,)) for first in (1, 2, 1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = stored_entries(postgres_url)
    assert [(row[0], row[1]) for row in found] == [(one, position) for one in (1, 2) for position in range(1, 151)]
    assert ask_postgres(postgres_url, "SELECT last_seq, position FROM conversation ORDER BY no") == [(150, 150)] * 2


def rows_read(writer: PostgresBatchWriter, url: str) -> int:
    """Return how many rows and index entries of the ledger's tables have been read so far."""

    def flush(connection: Connection) -> None:
        # A session publishes its counters when it is idle next.
        connection.execute(text("SELECT pg_stat_force_next_flush()"))

    writer.commit([request(None, flush)])
    counted = """SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname = ANY(?1)) +
        (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = ANY(?1))"""
    names = ["entry", "conversation", "workspace"]
    return int(ask_postgres(url, counted, names)[0][0])


def test_batch_reads_only_what_it_needs_after_the_tables_have_grown(
    writer: PostgresBatchWriter, postgres_url: str
) -> None:
    for _ in range(40):
        assert all(type(one) is Appended for one in commit(writer, *(make_entry() for _ in range(50))))
    before = rows_read(writer, postgres_url)
    commit(writer, *(make_entry() for _ in range(50)))
    assert rows_read(writer, postgres_url) - before < 500, "fifty entries, of two thousand"


def test_closed_connection_is_replaced_between_batches(
    writer: PostgresBatchWriter, postgres: PostgresServer, postgres_url: str
) -> None:
    commit(writer, make_entry())
    assert postgres.end_connections(postgres_url) == 1
    assert commit(writer, make_entry())[0].position == 2


def test_connection_closed_inside_a_batch_repeats_the_batch(
    writer: PostgresBatchWriter, postgres: PostgresServer, postgres_url: str
) -> None:
    ended: list[int] = []

    def work(connection: Connection) -> int:
        if not ended:
            ended.append(postgres.end_connections(postgres_url))
        return connection.execute(select(workspace.c.id).order_by(workspace.c.id)).scalars().all()[-1]

    batch = [request(make_entry()), request(make_entry(), work), request(None, work)]
    writer.commit(batch)
    assert ended == [1]
    assert [one.position for one in (batch[0].outcome, batch[1].outcome) if isinstance(one, Appended)] == [1, 2]
    assert batch[2].result == 2
    assert len(stored_entries(postgres_url)) == 2


Execute = Callable[..., Any]


def losing_commit(writer: PostgresBatchWriter, monkeypatch: pytest.MonkeyPatch, sent: bool) -> list[str]:
    """Lose the connection at the next COMMIT, after it was `sent` or before. Return a list that has one member then."""
    lost: list[str] = []
    real: Execute = asyncpg.Connection.execute  # pyright: ignore

    async def execute(self: Any, query: str, *values: Any, **more: Any) -> Any:
        if query != "COMMIT" or lost:
            return await real(self, query, *values, **more)
        lost.append(query)
        if sent:
            await real(self, query)
        self.terminate()
        raise Lost("the connection was cut")

    monkeypatch.setattr(asyncpg.Connection, "execute", execute)
    return lost


@pytest.mark.parametrize("sent", [True, False])
def test_commit_with_a_lost_response_is_neither_lost_nor_duplicated(
    writer: PostgresBatchWriter, postgres_url: str, monkeypatch: pytest.MonkeyPatch, sent: bool
) -> None:
    commit(writer, make_entry())
    lost = losing_commit(writer, monkeypatch, sent)
    entry = make_entry()
    (outcome,) = commit(writer, entry)
    assert lost == ["COMMIT"]
    assert (outcome.position, outcome.repeat) == (2, False), "listeners receive entries that are no repeat"
    assert [row[1:] for row in stored_entries(postgres_url)][1:] == [(2, entry.id)]


@pytest.mark.parametrize("appends", [True, False])
def test_commit_lost_in_a_crash_is_not_confused_with_another_transaction(
    writer: PostgresBatchWriter,
    postgres: PostgresServer,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    appends: bool,
) -> None:
    commit(writer, make_entry())
    statuses: list[Any] = []
    real: Execute = asyncpg.Connection.execute  # pyright: ignore

    async def execute(self: Any, query: str, *values: Any, **more: Any) -> Any:
        if query != "COMMIT" or statuses:
            return await real(self, query, *values, **more)
        number = await self.fetchval("SELECT pg_current_xact_id()::text")
        postgres.crash()
        postgres.recover()
        for _ in range(3):
            # The first of these gets the ID of the lost transaction.
            ask_postgres(postgres_url, "SELECT pg_current_xact_id()::text")
        statuses.extend(ask_postgres(postgres_url, "SELECT pg_xact_status(?::text::xid8)", number))
        raise Lost("the connection was cut")

    monkeypatch.setattr(asyncpg.Connection, "execute", execute)
    if appends:
        entry = make_entry()
        assert commit(writer, entry)[0].position == 2
        assert [row[1:] for row in stored_entries(postgres_url)][1:] == [(2, entry.id)]
    else:

        def change(connection: Connection) -> None:
            connection.exec_driver_sql("UPDATE workspace SET position = position")

        with pytest.raises(ApiError) as refused:
            writer.commit([request(None, change)])
        assert refused.value.code == "busy"
    assert statuses == [("committed",)], "the premise: the ID was given to another transaction"


def test_driver_in_a_wrong_state_after_a_shutdown_is_replaced(
    writer: PostgresBatchWriter, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(writer, make_entry())
    lost: list[str] = []
    real: Execute = asyncpg.Connection.fetchval  # pyright: ignore

    async def fetchval(self: Any, query: str, *values: Any, **more: Any) -> Any:
        if "INSERT INTO entry" not in query or lost:
            return await real(self, query, *values, **more)
        lost.append(query)
        self.terminate()
        raise asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")

    monkeypatch.setattr(asyncpg.Connection, "fetchval", fetchval)
    entry = make_entry()
    (outcome,) = commit(writer, entry)
    assert len(lost) == 1
    assert (outcome.position, outcome.repeat) == (2, False)
    assert [row[1:] for row in stored_entries(postgres_url)][1:] == [(2, entry.id)]


def test_unreachable_database_is_busy_and_recovers(
    writer: PostgresBatchWriter, postgres: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_postgres, "TIMEOUT_SECONDS", 0.2)
    entry = make_entry()
    postgres.stop()
    try:
        for _ in range(2):
            with pytest.raises(ApiError) as refused:
                commit(writer, entry)
            assert refused.value.code == "busy"
    finally:
        postgres.start()
    assert commit(writer, entry)[0].repeat is False
    assert len(stored_entries(postgres_url)) == 1


DISK_FULL = "DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$"


def test_operation_on_a_full_disk_is_busy_and_no_internal_error(writer: PostgresBatchWriter, postgres_url: str) -> None:
    full = [True]

    def work(connection: Connection) -> str:
        if full:
            connection.exec_driver_sql(DISK_FULL)
        return "stored"

    with pytest.raises(ApiError) as refused:
        writer.commit([request(None, work), request(make_entry())])
    assert refused.value.code == "busy"
    assert stored_entries(postgres_url) == []
    full.clear()
    one = request(None, work)
    writer.commit([one, request(make_entry())])
    assert (one.result, len(stored_entries(postgres_url))) == ("stored", 1)


def test_frozen_server_is_abandoned_and_found_again(
    postgres: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_postgres, "TIMEOUT_SECONDS", 0.0)
    monkeypatch.setattr(ledger_postgres, "COMMAND_SECONDS", 1.0)
    monkeypatch.setattr(database_postgres, "CONNECT_SECONDS", 1.0)
    writer = PostgresBatchWriter(postgres_url)
    first, entry = make_entry(), make_entry()
    commit(writer, first)
    with postgres.frozen():
        for _ in range(2):
            with pytest.raises(ApiError) as refused:
                commit(writer, entry)
            assert refused.value.code == "busy"
    monkeypatch.setattr(ledger_postgres, "TIMEOUT_SECONDS", 30.0)
    writer._unavailable = False  # pyright: ignore[reportPrivateUsage]
    assert commit(writer, entry)[0].position == 2
    writer.close()
    assert [row[2] for row in stored_entries(postgres_url)] == [first.id, entry.id]


def test_operations_that_deadlock_are_both_done(postgres_url: str) -> None:
    meeting = threading.Barrier(2, timeout=30)
    runs: list[str] = []

    def rename(first: str, second: str) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            runs.append(first)
            change = text("UPDATE visitor SET name = name || 'x' WHERE id = :id")
            connection.execute(change, {"id": first})
            if runs.count(first) == 1:
                meeting.wait()
            connection.execute(change, {"id": second})

        return work

    def write(first: str, second: str) -> None:
        made = PostgresBatchWriter(postgres_url)
        one = request(None, rename(first, second))
        made.commit([one])
        made.close()
        assert one.outcome is None

    threads = [
        threading.Thread(target=write, args=names) for names in (("visitor-1", "visitor-2"), ("visitor-2", "visitor-1"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 3, "the operations met in a deadlock, and one ran again"
    assert ask_postgres(postgres_url, "SELECT name FROM visitor ORDER BY id") == [("xx",), ("xx",)]


def test_operation_that_lost_a_race_with_another_node_runs_again(
    writer: PostgresBatchWriter, postgres_url: str
) -> None:
    write_once(postgres_url, lambda connection: connection.execute(text("CREATE UNIQUE INDEX u ON workspace (name)")))
    runs: list[int | None] = []

    def work(connection: Connection) -> int:
        found = find_workspace(connection, "New")
        runs.append(found)
        if found is None:
            write_once(postgres_url, lambda elsewhere: add_workspace(elsewhere, "New"))
            found = add_workspace(connection, "New")
        return found

    one, other = request(None, work), request(make_entry())
    writer.commit([one, other])
    assert runs[0] is None
    assert one.result == runs[1]
    assert isinstance(other.outcome, Appended)


def test_value_that_cannot_be_stored_is_refused_and_affects_no_other_request(writer: PostgresBatchWriter) -> None:
    def work(connection: Connection) -> None:
        connection.execute(select(workspace.c.id).where(workspace.c.name == "\x00"))

    one, other = request(None, work), request(make_entry())
    writer.commit([one, other])
    assert isinstance(one.outcome, ApiError)
    assert one.outcome.code == "invalid"
    assert isinstance(other.outcome, Appended)


def test_commit_is_on_disk_with_any_default_of_the_database(postgres: PostgresServer, postgres_url: str) -> None:
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    postgres.change(f"ALTER DATABASE {name} SET synchronous_commit = off")
    assert ask_postgres(postgres_url, "SHOW synchronous_commit") == [("off",)]
    made = PostgresBatchWriter(postgres_url)

    def show(connection: Connection) -> object:
        return connection.execute(text("SHOW synchronous_commit")).scalar()

    shown = request(None, show)
    made.commit([shown])
    made.close()
    assert shown.result == "on"
