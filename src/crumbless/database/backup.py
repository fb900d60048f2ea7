"""Copies, backs up, verifies and restores a whole installation."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, MetaData, Table

from crumbless.core.errors import SettingsError
from crumbless.database.backup_sums import SCHEMA_SUM, differences, read_sums, write_sums
from crumbless.database.backup_sums import TABLE as SUMS
from crumbless.database.copy import (
    ProgressCallback,
    Sum,
    copy_in_one,
    copy_onward,
    empty,
    end_copy,
    known_schema,
    verify,
)
from crumbless.database.database import is_postgres
from crumbless.database.database_sqlite import DatabaseLock, sqlite_path
from crumbless.database.exclusive import Hold, hold, in_transaction
from crumbless.database.schema import check_schema, migrate, require_schema, schema_of, upgrade


def copy(source_url: str, target_url: str, metadata: MetaData, progress: ProgressCallback) -> Mapping[str, Sum]:
    """Copy everything into an empty database, or continue an interrupted copy. Return the sums by table.

    Raises:
        SettingsError: if one of them is being served, the target has other content, or the two differ in the end.
    """
    if source_url == target_url:
        raise SettingsError("source and target are the same database: give two different ones")
    check_schema(source_url)
    migrate(target_url)
    tables = metadata.sorted_tables

    def run(source: Connection, target: Connection) -> Mapping[str, Sum]:
        require_schema(schema_of(target))
        copy_onward(source, target, tables, progress)
        with in_transaction(target):
            sums = verify(source, target, tables, progress)
            end_copy(target, tables)
        return sums

    return hold([Hold(source_url), Hold(target_url)], run)


def backup(source_url: str, file: Path, metadata: MetaData, progress: ProgressCallback) -> int:
    """Write a snapshot of the database to a new SQLite file, while nodes may serve. Return the file's size in bytes.

    Raises:
        SettingsError: if the file exists, or cannot be written.
    """
    if file.exists():
        raise SettingsError(f"{file} already exists; choose another name")
    check_schema(source_url)
    with _written_whole(file) as part:
        if is_postgres(source_url):
            _dump(source_url, part, metadata.sorted_tables, progress)
        else:
            _vacuum_into(sqlite_path(source_url), part)
        with contextlib.closing(sqlite3.connect(part)) as written:
            write_sums(written)
    return file.stat().st_size


@dataclass(frozen=True, slots=True)
class Verified:
    """A verified backup. `summed`: it contains checksums, so its content was compared with them."""

    tables: int
    rows: int
    schema: str
    summed: bool


def verify_backup(file: Path) -> Verified:
    """Check that a backup is complete and unchanged.

    Raises:
        SettingsError: if it is damaged, was changed (with the names of the tables), is not a Crumbless backup, or is
            newer than this version.
    """
    try:
        with contextlib.closing(_read_only(file)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchall()
            if found != [("ok",)]:
                raise SettingsError(f"{file} is damaged: {found[0][0]}")
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            schema = _known_schema(file, row and row[0])
            sums = read_sums(connection)
            differing = differences(connection, sums) if sums else []
    except sqlite3.Error as error:
        raise SettingsError(f"{file} is not a Crumbless backup: {error}") from None
    if differing:
        raise SettingsError(f"{file} was changed after the backup: the checksums of {', '.join(differing)} differ")
    counts = [one.rows for name, one in sums.items() if name != SCHEMA_SUM]
    return Verified(len(counts), sum(counts), schema, bool(sums))


def restore(file: Path, target_url: str, metadata: MetaData, *, replace: bool, progress: ProgressCallback) -> Verified:
    """Replace the content of the database with a backup, or fill an empty database. Migrate an older schema.

    Args:
        replace: whether existing content may be lost.

    Raises:
        SettingsError: if `verify_backup` rejects the file, or the database is being served or not empty.
    """
    verified = verify_backup(file)
    if is_postgres(target_url):
        with tempfile.TemporaryDirectory(prefix="crumbless-") as folder:
            copy_of_backup = Path(folder) / "backup.db"
            _take_over(file, copy_of_backup)
            _restore_rows(
                Hold(f"sqlite:///{copy_of_backup}"), Hold(target_url), metadata.sorted_tables, replace, progress
            )
        return verified
    target = sqlite_path(target_url)
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = DatabaseLock(target)
    lock.take()
    try:
        if target.exists() and target.stat().st_size and not replace:
            raise _not_empty(str(target))
        with _written_whole(target) as part:
            _take_over(file, part)
            _fold_log(target)
            for ending in ("-wal", "-shm"):
                target.with_name(target.name + ending).unlink(missing_ok=True)
    finally:
        lock.release()
    return verified


def _fold_log(target: Path) -> None:
    """Move the content of the old write-ahead log into its file, which must be complete if the renaming fails."""
    if not target.exists():
        return
    # A file that is too damaged for this is about to be replaced.
    with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(sqlite3.connect(target)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _not_empty(name: str) -> SettingsError:
    return SettingsError(f"{name} contains data, which would be lost: add --yes to replace it")


@contextlib.contextmanager
def _written_whole(file: Path) -> Generator[Path]:
    """Yield a temporary path to write to. Rename it to `file` once it is complete and on disk."""
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    try:
        # It contains conversations: other users must not be able to read it, not even while it is written.
        part.touch(mode=0o600)
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"cannot write {file}: {getattr(error, 'strerror', None) or error}") from None
    finally:
        part.unlink(missing_ok=True)


def _vacuum_into(source: Path, part: Path) -> None:
    with contextlib.closing(_read_only(source)) as connection:
        connection.execute("VACUUM INTO ?", (str(part),))


def _dump(source_url: str, part: Path, tables: Sequence[Table], progress: ProgressCallback) -> None:
    url = f"sqlite:///{part}"
    migrate(url)

    def run(source: Connection, target: Connection) -> None:
        with in_transaction(source, snapshot=True), in_transaction(target):
            copy_in_one(source, target, tables, progress)
        target.exec_driver_sql("PRAGMA journal_mode=DELETE")

    hold([Hold(source_url, alone=False), Hold(url, alone=False)], run)


def _known_schema(file: Path, found: str | None) -> str:
    try:
        return known_schema(found)
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}") from None


def _take_over(file: Path, copy_of_backup: Path) -> None:
    """Copy the backup to this path, migrate the copy and close it. The backup itself is not changed."""
    with (
        contextlib.closing(_read_only(file)) as source,
        contextlib.closing(sqlite3.connect(copy_of_backup)) as target,
    ):
        source.backup(target)
        target.execute(f"DROP TABLE IF EXISTS {SUMS}")
        target.commit()
    migrate(f"sqlite:///{copy_of_backup}")
    with contextlib.closing(sqlite3.connect(copy_of_backup)) as target:
        target.execute("PRAGMA journal_mode=DELETE")


def _restore_rows(
    source_hold: Hold, target_hold: Hold, tables: Sequence[Table], replace: bool, progress: ProgressCallback
) -> None:
    def run(source: Connection, target: Connection) -> None:
        # In one transaction: the old data remains until the restore is complete, and if it fails.
        with in_transaction(target):
            if schema_of(target) is not None and not replace:
                raise _not_empty("the database")
            empty(target, tables)
            upgrade(target)
            copy_in_one(source, target, tables, progress)

    hold([source_hold, target_hold], run)


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)
