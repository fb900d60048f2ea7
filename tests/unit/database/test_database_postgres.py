"""Reads cannot write and survive a restart. Commands exclude nodes. Simultaneous migrations run once."""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from crumbless.core.errors import ApiError, SettingsError
from crumbless.database import database_postgres
from crumbless.database.database import compact, open_reader, serving_lock, write_once
from crumbless.database.exclusive import Hold, hold
from crumbless.database.schema import SCHEMA, check_schema, migrate, schema_of
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_postgres import PostgresBatchWriter
from crumbless.ledger.tables import workspace
from crumbless.tables import metadata
from support.postgres import PostgresServer, ask_postgres

COUNT = text("SELECT count(*) FROM workspace")
ADD = text("INSERT INTO workspace (name, position, created_at) VALUES ('x', 0, 0)")


async def test_reader_cannot_write(postgres_url: str) -> None:
    reader = open_reader(postgres_url)
    with pytest.raises(DBAPIError, match="read-only transaction"):
        await reader.read(lambda connection: connection.execute(ADD))
    assert await reader.read(lambda connection: connection.execute(COUNT).scalar()) == 2
    await reader.close()


async def test_read_sees_one_snapshot(postgres_url: str) -> None:
    reader = open_reader(postgres_url)

    def look_twice(connection: Connection) -> tuple[int, int]:
        before = connection.execute(COUNT).scalar_one()
        write_once(postgres_url, lambda elsewhere: elsewhere.execute(ADD))
        return before, connection.execute(COUNT).scalar_one()

    assert await reader.read(look_twice) == (2, 2)
    assert await reader.read(lambda connection: connection.execute(COUNT).scalar()) == 3
    await reader.close()


@pytest.mark.parametrize("value", [{"name": "\x00"}, {"id": 2**40}])
async def test_value_that_no_row_can_have_is_refused(postgres_url: str, value: dict[str, object]) -> None:
    reader = open_reader(postgres_url)
    with pytest.raises(ApiError) as refused:
        await reader.read(lambda connection: connection.execute(select(workspace).filter_by(**value)).all())
    assert refused.value.code == "invalid"
    await reader.close()


async def test_read_survives_closed_connections_and_is_busy_without_a_server(
    postgres: PostgresServer, postgres_url: str
) -> None:
    reader = open_reader(postgres_url)
    assert await reader.read(lambda connection: connection.execute(COUNT).scalar()) == 2
    assert postgres.end_connections(postgres_url) == 1
    assert await reader.read(lambda connection: connection.execute(COUNT).scalar()) == 2
    postgres.stop()
    try:
        with pytest.raises(ApiError) as refused:
            await reader.read(lambda connection: connection.execute(COUNT).scalar())
        assert refused.value.code == "busy"
    finally:
        postgres.start()
    assert await reader.read(lambda connection: connection.execute(COUNT).scalar()) == 2
    await reader.close()


async def test_read_of_a_frozen_server_times_out(
    postgres: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = open_reader(postgres_url)
    assert await reader.read(lambda connection: connection.execute(COUNT).scalar()) == 2
    monkeypatch.setattr(database_postgres, "READ_SECONDS", 0.5)
    monkeypatch.setattr(database_postgres, "CONNECT_SECONDS", 0.5)
    with postgres.frozen():
        async with asyncio.timeout(20):
            with pytest.raises(ApiError) as refused:
                await reader.read(lambda connection: connection.execute(COUNT).scalar())
        assert refused.value.code == "busy"
    monkeypatch.undo()
    assert await reader.read(lambda connection: connection.execute(COUNT).scalar()) == 2
    await reader.close()


def test_unreachable_database_is_reported_in_one_line_without_the_password(postgres: PostgresServer) -> None:
    url = postgres.url("nowhere", password="hidden-word")
    with pytest.raises(SettingsError) as caught:
        check_schema(url)
    line = str(caught.value)
    assert line.startswith('CRUMBLESS_DATABASE_URL: cannot reach the database: database "nowhere" does not exist')
    assert "hidden-word" not in line
    assert "\n" not in line


def test_nodes_share_the_database_and_exclusive_use_is_refused_at_once(postgres_url: str) -> None:
    writers = [PostgresBatchWriter(postgres_url) for _ in range(2)]
    for one in writers:
        one.commit([WriteRequest(None, lambda _connection: None, lambda _outcome: None)])
    with pytest.raises(SettingsError, match="stop every node first"):
        compact(postgres_url, metadata)
    for one in writers:
        one.close()
    before, after = compact(postgres_url, metadata)
    assert before > 0
    assert after > 0


def test_no_node_starts_during_exclusive_use(postgres_url: str) -> None:
    def work(_connection: object) -> None:
        with pytest.raises(SettingsError, match="a command is replacing"):
            serving_lock(postgres_url).take()

    hold([Hold(postgres_url)], work)
    serving_lock(postgres_url).take()


def test_erased_text_is_not_in_the_tables_files_after_compact(postgres: PostgresServer, postgres_url: str) -> None:
    ask_postgres(postgres_url, "UPDATE workspace SET name = ? WHERE id = 1", "quite-a-secret-name")
    postgres.change("CHECKPOINT")
    assert in_files(postgres, "quite-a-secret-name")
    ask_postgres(postgres_url, "UPDATE workspace SET name = '' WHERE id = 1")
    compact(postgres_url, metadata)
    assert not in_files(postgres, "quite-a-secret-name")


def in_files(postgres: PostgresServer, words: str) -> bool:
    files = (Path(postgres.folder) / "data" / "base").rglob("*")
    return any(words.encode() in file.read_bytes() for file in files if file.is_file())


def test_simultaneous_migrations_run_once(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    failures: list[Exception] = []

    def run() -> None:
        try:
            migrate(url)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert write_once(url, schema_of) == SCHEMA
    postgres.drop_database(url)
