"""The write-ahead log is truncated after an erasure, as soon as no reader uses it."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from crumbless.database.checkpoint import Checkpointer
from crumbless.database.database_sqlite import sqlite_path


@pytest.fixture
def path(database_url: str) -> Path:
    return sqlite_path(database_url)


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("UPDATE visitor SET name = 'Vera'")
        yield made


def log_size(path: Path) -> int:
    return path.with_name(path.name + "-wal").stat().st_size


def test_log_is_truncated(path: Path, database_url: str, connection: sqlite3.Connection) -> None:
    assert log_size(path) > 0
    checkpointer = Checkpointer(database_url)
    checkpointer.truncate_wanted = True
    checkpointer.truncate(connection)
    assert not checkpointer.truncate_wanted
    assert log_size(path) == 0
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (10_000,), "other waits are as long as before"


def test_truncation_stays_pending_while_a_reader_is_active(
    path: Path, database_url: str, connection: sqlite3.Connection
) -> None:
    checkpointer = Checkpointer(database_url)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT name FROM visitor").fetchone() == ("Vera",)
        connection.execute("UPDATE visitor SET name = ''")
        checkpointer.truncate(connection)
        assert checkpointer.truncate_wanted
        assert log_size(path) > 0
        reader.execute("COMMIT")
    checkpointer.truncate(connection)
    assert not checkpointer.truncate_wanted
    assert log_size(path) == 0
