"""A SQLite file: one connection that writes, a few that read, and the lock against a second process.

Reads and writes run in separate threads, so the loop never waits for the disk.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from crumbless.core.errors import SettingsError

T = TypeVar("T")

READERS = 4

PAGE_BYTES = 2_048
"""Page size of a new file. An existing file keeps its own. A commit writes whole pages, and a message changes a few
bytes in each of several indexes. With SQLite's 4,096 a commit writes a third more bytes. CPU time and reads are equal.
"""


def sqlite_path(database_url: str) -> Path:
    """Return the path in `sqlite:///PATH`."""
    return Path(database_url.removeprefix("sqlite:///"))


class DatabaseLock:
    """A lock that a process holds while it serves a SQLite file. Positions and the memory bus need a single process."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        self._file: int | None = None

    def take(self) -> None:
        """Acquire the lock. Raises SettingsError if another process holds it."""
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            self._file = None
            raise SettingsError(
                f"CRUMBLESS_DATABASE_URL: another Crumbless process is using {self._path.stem}; stop it first"
            ) from None

    def release(self) -> None:
        """Release the lock."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def check_file(database_url: str) -> None:
    """Raises SettingsError unless the file is a SQLite database, or one can be created there."""
    path = sqlite_path(database_url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA schema_version")
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"CRUMBLESS_DATABASE_URL: cannot open {path}: {reason}") from None
    _make_private(path)


def _make_private(path: Path) -> None:
    """Remove other users' access to an existing database and its companions: earlier versions followed the umask."""
    for ending in ("", "-wal", "-shm", "-journal", ".lock", ".key"):
        # A file of another user is not changed, and missing files are skipped.
        with contextlib.suppress(PermissionError, FileNotFoundError):
            path.with_name(path.name + ending).chmod(0o600)


def writing_engine(database_url: str) -> Engine:
    """Return an engine whose connections commit durably. The caller begins and ends transactions."""
    # secure_delete: erased data is overwritten in the file, not only unlinked.
    return _engine(database_url, NullPool, "PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON")


def reading_engine(database_url: str) -> Engine:
    """Return an engine whose connections can only read."""
    return _engine(database_url, QueuePool, "PRAGMA query_only=ON")


def _engine(database_url: str, pool: type[NullPool] | type[QueuePool], *pragmas: str) -> Engine:
    path = sqlite_path(database_url)
    path.parent.mkdir(parents=True, exist_ok=True)
    sizes = {"pool_size": READERS, "max_overflow": 0} if pool is QueuePool else {}
    engine = create_engine(
        # Not as text: SQLAlchemy would parse a % or ? in the path as part of a URL.
        URL.create("sqlite", database=str(path)),
        poolclass=pool,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": 10},
        **sizes,
    )

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # First, because WAL mode writes the header of a new file.
        size = f"PRAGMA page_size={PAGE_BYTES}"
        for pragma in (size, "PRAGMA journal_mode=WAL", "PRAGMA foreign_keys=ON", "PRAGMA cache_size=-32000", *pragmas):
            connection.execute(pragma)

    event.listen(engine, "connect", prepare)
    return engine


class SqliteReader:
    """Runs reads in threads, each on a separate connection and in one snapshot. Opens all connections at once."""

    def __init__(self, database_url: str) -> None:
        self._engine = reading_engine(database_url)
        self._threads = ThreadPoolExecutor(READERS, "crumbless-read")
        # Opened now, not with the first read: by then a burst of connections may have taken the last file descriptor.
        # There are as many connections as threads, so a thread always finds a free one.
        self._free = [self._open() for _ in range(READERS)]

    async def read(self, operation: Callable[[Connection], T]) -> T:
        """Run `operation` in a thread and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, operation)

    def _run(self, operation: Callable[[Connection], T]) -> T:
        connection = self._free.pop()
        try:
            connection.exec_driver_sql("BEGIN")
            try:
                return operation(connection)
            finally:
                connection.exec_driver_sql("COMMIT")
        finally:
            self._free.append(connection)

    def _open(self) -> Connection:
        connection = self._engine.connect()
        # SQLite opens the write-ahead log on the first read.
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema")
        return connection

    async def close(self) -> None:
        """Wait for running reads and close the connections."""
        self._threads.shutdown(wait=True)
        for connection in self._free:
            connection.close()
        self._engine.dispose()


def write_once(database_url: str, operation: Callable[[Connection], T], *pragmas: str) -> T:
    """Run `operation` in a separate durable transaction (see database.py), after these additional pragmas."""
    engine = writing_engine(database_url)
    try:
        with engine.connect() as connection:
            for pragma in pragmas:
                connection.exec_driver_sql(pragma)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                result = operation(connection)
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")
            return result
    finally:
        engine.dispose()


def migrate(database_url: str, upgrade: Callable[[Connection], None], rewrites: Callable[[Connection], bool]) -> None:
    """Run Alembic in one transaction. A second process waits, and then has nothing to do.

    Args:
        rewrites: whether `upgrade` rewrites most of the file. Then no other process may use the file, and the disk
            needs as much free space as the file takes.

    Raises:
        SettingsError: if a server is using a file that has to be rewritten, or the disk is too full for it.
    """
    check_file(database_url)
    if not write_once(database_url, rewrites):
        write_once(database_url, upgrade)
        return
    path = sqlite_path(database_url)
    lock = DatabaseLock(path)
    lock.take()
    try:
        needed, free = path.stat().st_size, shutil.disk_usage(path.parent).free
        if free < needed:
            raise SettingsError(
                f"the migration rewrites the database and needs {needed / 1e6:.0f} MB of free disk space, "
                f"but only {free / 1e6:.0f} MB are free: free some space first"
            )
        # Not in WAL mode, whose log would take twice the file's size. The rollback journal stores the old pages.
        write_once(database_url, upgrade, "PRAGMA journal_mode=DELETE", "PRAGMA cache_size=-256000")
    finally:
        lock.release()


def compact(database_url: str) -> tuple[int, int]:
    """Rewrite the file without free space and remains of deleted data. Return its size in bytes before and after.

    Raises:
        SettingsError: if a server is using the file, or the disk has no room for a copy of it.
    """
    path = sqlite_path(database_url)
    lock = DatabaseLock(path)
    lock.take()
    engine = writing_engine(database_url)
    try:
        before = path.stat().st_size
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return before, path.stat().st_size
    except OperationalError as error:
        raise SettingsError(f"the database cannot be compacted: {error.orig}") from None
    finally:
        engine.dispose()
        lock.release()
