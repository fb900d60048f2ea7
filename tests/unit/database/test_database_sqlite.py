"""One connection that writes durably, several that cannot write, and a lock for one process."""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from crumbless.core.errors import SettingsError
from crumbless.database.database_sqlite import (
    PAGE_BYTES,
    READERS,
    DatabaseLock,
    SqliteReader,
    check_file,
    compact,
    sqlite_path,
    write_once,
    writing_engine,
)
from crumbless.database.schema import migrate

COUNT = text("SELECT count(*) FROM workspace")
ADD = text("INSERT INTO workspace (name, position, created_at) VALUES ('x', 0, 0)")


def test_path_follows_the_scheme() -> None:
    assert sqlite_path("sqlite:///var/x.db") == Path("var/x.db")
    assert sqlite_path("sqlite:////var/x.db") == Path("/var/x.db")


def test_writer_is_durable_and_checks_foreign_keys(database_url: str) -> None:
    engine = writing_engine(database_url)
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_new_file_has_small_pages(database_url: str) -> None:
    with contextlib.closing(sqlite3.connect(sqlite_path(database_url))) as connection:
        assert connection.execute("PRAGMA page_size").fetchone() == (PAGE_BYTES,)


def test_file_with_larger_pages_keeps_them_and_is_served(tmp_path: Path) -> None:
    path = tmp_path / "earlier.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA page_size=4096")
        connection.execute("CREATE TABLE earlier (number INTEGER)")
    url = f"sqlite:///{path}"
    migrate(url)
    compact(url)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA page_size").fetchone() == (4096,)
        assert connection.execute("SELECT count(*) FROM entry").fetchone() == (0,)


async def test_reader_cannot_write(database_url: str) -> None:
    reader = SqliteReader(database_url)
    with pytest.raises(OperationalError, match="readonly"):
        await reader.read(lambda connection: connection.execute(ADD))
    assert await reader.read(lambda connection: connection.execute(COUNT).scalar()) == 2
    await reader.close()


async def test_reads_run_in_parallel_and_outside_of_the_loop(database_url: str) -> None:
    reader = SqliteReader(database_url)
    meeting = threading.Barrier(READERS, timeout=10)

    def meet(connection: Connection) -> int:
        assert threading.current_thread() is not threading.main_thread()
        meeting.wait()
        return connection.execute(COUNT).scalar_one()

    assert await asyncio.gather(*(reader.read(meet) for _ in range(READERS))) == [2] * READERS
    await reader.close()


async def test_read_sees_one_snapshot(database_url: str) -> None:
    reader = SqliteReader(database_url)

    def twice(connection: Connection) -> tuple[int, int]:
        before = connection.execute(COUNT).scalar_one()
        write_once(database_url, lambda writing: writing.execute(ADD))
        return before, connection.execute(COUNT).scalar_one()

    assert await reader.read(twice) == (2, 2)
    assert await reader.read(lambda connection: connection.execute(COUNT).scalar_one()) == 3
    await reader.close()


async def test_failed_read_does_not_affect_others(database_url: str) -> None:
    reader = SqliteReader(database_url)
    for _ in range(READERS * 2):
        with pytest.raises(OperationalError):
            await reader.read(lambda connection: connection.execute(text("SELECT nothing FROM nowhere")))
    assert await reader.read(lambda connection: connection.execute(COUNT).scalar()) == 2
    await reader.close()


def test_failed_write_is_rolled_back(database_url: str) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(ADD)
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        write_once(database_url, fail)
    assert write_once(database_url, lambda connection: connection.execute(COUNT).scalar()) == 2


def test_one_process_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "crumbless.db"
    first, second = DatabaseLock(path), DatabaseLock(path)
    first.take()
    with pytest.raises(SettingsError, match=r"another Crumbless process is using crumbless\.db"):
        second.take()
    first.release()
    first.release()
    second.take()
    second.release()


def test_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "crumbless.db"
    code = (
        "import os, sys; from pathlib import Path; from crumbless.database.database_sqlite import DatabaseLock;"
        "DatabaseLock(Path(sys.argv[1])).take(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, path], check=False).returncode == -9
    lock = DatabaseLock(path)
    lock.take()
    lock.release()


def test_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Buy more tea. " * 100)
    for name in ("notes.txt", ".", "notes.txt/crumbless.db"):
        with pytest.raises(SettingsError, match="CRUMBLESS_DATABASE_URL: cannot open"):
            check_file(f"sqlite:///{tmp_path / name}")
    check_file(f"sqlite:///{tmp_path / 'new' / 'folder' / 'crumbless.db'}")
