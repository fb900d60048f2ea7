"""Errors of a system without free resources are separated from bugs, at any depth of the cause."""

import errno
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from crumbless.core.exhaustion import in_one_line, is_disk_failure, is_exhausted


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EROFS])
def test_errors_of_the_system_are_exhaustion(number: int) -> None:
    assert is_exhausted(OSError(number, "no"))


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError(errno.ENOENT, "no such file"), KeyError("x")])
def test_bugs_are_not_exhaustion(error: Exception) -> None:
    assert not is_exhausted(error)
    assert not is_disk_failure(error)


def test_cause_is_found() -> None:
    error = RuntimeError("no connection")
    error.__cause__ = OSError(errno.EMFILE, "Too many open files")
    assert is_exhausted(error)
    assert in_one_line(error) == "OSError: [Errno 24] Too many open files"


def test_full_database_is_found_inside_of_sqlalchemy(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'small.db'}")
    with engine.connect() as connection:
        connection.execute(text("PRAGMA max_page_count=2"))
        connection.execute(text("CREATE TABLE one (words TEXT)"))
        with pytest.raises(OperationalError) as failed:
            connection.execute(text("INSERT INTO one VALUES (:words)"), {"words": "private " * 10_000})
    assert is_disk_failure(failed.value)
    assert is_exhausted(failed.value)
    assert in_one_line(failed.value) == "OperationalError: database or disk is full"


def test_missing_table_is_no_disk_failure() -> None:
    with sqlite3.connect(":memory:") as connection, pytest.raises(sqlite3.OperationalError) as failed:
        connection.execute("SELECT 1 FROM nothing")
    assert not is_disk_failure(failed.value)
    assert not is_exhausted(failed.value)
