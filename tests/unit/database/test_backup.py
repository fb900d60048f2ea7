"""An installation in another database, in a backup, and back: the same rows, with any interruption."""

import contextlib
import sqlite3
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

from crumbless.accounts.operator_store import add_operator
from crumbless.consent.consent_store import secret_of
from crumbless.core.errors import SettingsError
from crumbless.database import copy as database_copy
from crumbless.database.backup import backup, copy, restore, verify_backup
from crumbless.database.copy import FORMER_TABLES, Sum, sum_table
from crumbless.database.database import serving_lock, write_once
from crumbless.database.database_sqlite import sqlite_path
from crumbless.database.schema import SCHEMA, check_schema, migrate, schema_of
from crumbless.ledger.entry import NewEntry
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_open import open_writer
from crumbless.people.workspace_store import add_workspace
from crumbless.realtime.session_store import add_session
from crumbless.tables import metadata
from crumbless.tasks.task_store import add_task
from support.postgres import PostgresServer
from support.value_make import CONVERSATION, make_entry, make_operator_session

ENTRIES = 2_300
"""Three pages of a copy."""


def quiet(_table: str, _rows: int, _count: int) -> None:
    """Discards progress."""


def append(url: str, *entries: NewEntry) -> None:
    writer = open_writer(url)
    writer.commit([WriteRequest(entry, None, lambda _outcome: None) for entry in entries])
    writer.close()


def fill(url: str) -> None:
    """Return rows of every type of value, and more than a page of them."""

    def put_in(connection: Connection) -> None:
        secret_of(connection, "receipt_key")
        owner = add_operator(connection, 1, "olga@tea.example", "Ölga 🍵", "hash")
        add_session(connection, make_operator_session(subject=owner), b"\x00\xff" * 16)
        add_task(connection, 1, "mail", {"b": [1, {"ü": None}], "a": 1.5}, encrypted=b"\x00sealed")
        add_task(connection, None, "retention", {})

    write_once(url, put_in)
    append(url, *(make_entry(text=f"words {number} é") for number in range(ENTRIES)))


def sums_of(url: str) -> Mapping[str, Sum]:
    return write_once(
        url, lambda connection: {table.name: sum_table(connection, table) for table in metadata.sorted_tables}
    )


@pytest.fixture
def filled(any_url: str) -> str:
    fill(any_url)
    return any_url


@pytest.fixture
def new_url(any_url: str, tmp_path: Path, postgres: PostgresServer) -> str:
    """Return an empty database of the other kind."""
    return f"sqlite:///{tmp_path / 'new.db'}" if any_url.startswith("postgresql") else postgres.new_database()


def test_copy_contains_every_row_and_accepts_new_ones(filled: str, new_url: str) -> None:
    sums = copy(filled, new_url, metadata, quiet)
    assert sums == sums_of(filled) == sums_of(new_url)
    assert sums["entry"].rows == ENTRIES
    assert sums["task"].rows == 2
    check_schema(new_url)
    assert write_once(new_url, lambda connection: add_workspace(connection, "Third")) == 3
    append(new_url, make_entry())
    assert sums_of(new_url)["entry"].rows == ENTRIES + 1


def test_interrupted_copy_continues_where_it_stopped(
    filled: str, new_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = database_copy.write_page, list[str]()

    def write_page(target: Connection, table: Any, rows: Any, before: int) -> Any:
        if table.name == "entry" and before:
            raise ConnectionError("cut off")
        written.append(table.name)
        return real(target, table, rows, before)

    monkeypatch.setattr(database_copy, "write_page", write_page)
    with pytest.raises(ConnectionError):
        copy(filled, new_url, metadata, quiet)
    assert "entry" in written
    with pytest.raises(SettingsError, match="was not finished: run `crumbless copy` again"):
        check_schema(new_url)
    first = [*written]
    monkeypatch.setattr(database_copy, "write_page", real)
    progress: list[tuple[str, int]] = []
    sums = copy(filled, new_url, metadata, lambda table, rows, _count: progress.append((table, rows)))
    assert ("entry", database_copy.PAGE) in progress
    assert ("entry", 0) not in progress, "copied rows are not copied again"
    assert sums == sums_of(filled) == sums_of(new_url)
    assert len(first) > 1


def test_source_that_changed_meanwhile_is_found(filled: str, new_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = database_copy.verify

    def verify(source: Connection, target: Connection, tables: Any, progress: Any) -> Any:
        source.execute(text("UPDATE entry SET data = 'changed' WHERE position = 7"))
        return real(source, target, tables, progress)

    monkeypatch.setattr("crumbless.database.backup.verify", verify)
    with pytest.raises(SettingsError, match="entry is not the same on both sides"):
        copy(filled, new_url, metadata, quiet)
    with pytest.raises(SettingsError, match="was not finished"):
        check_schema(new_url)


def test_target_with_rows_is_refused(database_url: str, postgres_url: str) -> None:
    for source, target in ((database_url, postgres_url), (postgres_url, database_url)):
        with pytest.raises(SettingsError, match="the target is not empty"):
            copy(source, target, metadata, quiet)
    with pytest.raises(SettingsError, match="the same database"):
        copy(database_url, database_url, metadata, quiet)


def test_copy_is_refused_while_a_node_uses_either_side(any_url: str, new_url: str) -> None:
    with served(any_url), pytest.raises(SettingsError, match="using"):
        copy(any_url, new_url, metadata, quiet)
    with served(new_url), pytest.raises(SettingsError, match="using"):
        copy(any_url, new_url, metadata, quiet)
    copy(any_url, new_url, metadata, quiet)


@contextlib.contextmanager
def served(url: str) -> Generator[None]:
    """As a node does."""
    lock = serving_lock(url)
    lock.take()
    writer = open_writer(url)
    writer.commit([WriteRequest(None, lambda _connection: None, lambda _outcome: None)])
    yield
    writer.close()
    lock.release()


def test_backup_beside_a_node_is_restored_unchanged(filled: str, new_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    with served(filled):
        before = sums_of(filled)
        size = backup(filled, file, metadata, quiet)
    assert size == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600
    append(filled, make_entry(text="after the backup"))
    for target in (new_url, filled):
        restore(file, target, metadata, replace=target == filled, progress=quiet)
        assert sums_of(target) == before
        check_schema(target)
        append(target, make_entry(conversation=CONVERSATION))
    assert sums_of(f"sqlite:///{file}") == before, "the backup itself is unchanged"


def test_restore_replaces_a_database_of_an_older_schema(filled: str, new_url: str, tmp_path: Path) -> None:
    migrate(new_url, "0006")
    names = {name for name in FORMER_TABLES if name in write_once(new_url, table_names)}
    assert names == set(FORMER_TABLES)
    file = tmp_path / "backup.db"
    backup(filled, file, metadata, quiet)
    restore(file, new_url, metadata, replace=True, progress=quiet)
    assert names & write_once(new_url, table_names) == set()
    assert sums_of(new_url) == sums_of(filled)


def table_names(connection: Connection) -> set[str]:
    return {*inspect(connection).get_table_names()}


def test_backup_replaces_a_file_only_on_request(any_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    backup(any_url, file, metadata, quiet)
    before = sums_of(any_url)
    with pytest.raises(SettingsError, match="exists"):
        backup(any_url, file, metadata, quiet)
    with pytest.raises(SettingsError, match="add --yes"):
        restore(file, any_url, metadata, replace=False, progress=quiet)
    with served(any_url), pytest.raises(SettingsError, match="using"):
        restore(file, any_url, metadata, replace=True, progress=quiet)
    assert sums_of(any_url) == before


def test_restore_that_fails_at_the_rename_leaves_the_old_data(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, path = tmp_path / "backup.db", sqlite_path(database_url)
    backup(database_url, file, metadata, quiet)
    # A killed server leaves acknowledged messages in the log beside the file.
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("UPDATE workspace SET name = 'acknowledged'")
        connection.commit()
        log = path.with_name(path.name + "-wal")
        assert log.stat().st_size
        before = {one: one.read_bytes() for one in (path, log)}
    for one, content in before.items():
        one.write_bytes(content)

    def fail(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(SettingsError, match="No space left"):
            restore(file, database_url, metadata, replace=True, progress=quiet)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT DISTINCT name FROM workspace").fetchall() == [("acknowledged",)]


def damage(file: Path) -> None:
    with file.open("rb+") as opened:
        opened.seek(5 * 4096)
        opened.write(b"\xff" * 4096)


def make_newer(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def write_words(file: Path) -> None:
    file.write_bytes(b"words")


def write_nothing(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (damage, "damaged|not a Crumbless backup"),
        (make_newer, "schema 9999, but this version supports"),
        (write_words, "not a Crumbless backup"),
        (write_nothing, "not a Crumbless backup"),
    ],
)
def test_invalid_backup_changes_nothing(
    any_url: str, tmp_path: Path, spoil: Callable[[Path], object], reason: str
) -> None:
    file = tmp_path / "backup.db"
    backup(any_url, file, metadata, quiet)
    spoil(file)
    before = sums_of(any_url)
    with pytest.raises(SettingsError, match=reason):
        restore(file, any_url, metadata, replace=True, progress=quiet)
    assert sums_of(any_url) == before
    assert not [*tmp_path.glob("*.part")]


def test_backup_of_an_older_schema_is_upgraded(new_url: str, tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    migrate(f"sqlite:///{file}", "0001")
    restore(file, new_url, metadata, replace=False, progress=quiet)
    assert write_once(new_url, schema_of) == SCHEMA
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)


def test_missing_folder_is_reported_in_one_line(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot write"):
        backup(database_url, tmp_path / "missing" / "backup.db", metadata, quiet)


CHANGES = {
    "a changed text": ("UPDATE entry SET data = 'forged'", "the content of the table entry was changed"),
    "a missing row": ("DELETE FROM entry WHERE seq = 1", "the table entry has"),
    "a table that is missing": ("DROP TABLE consent_receipt", "the table consent_receipt is missing"),
    "a table that was added": ("CREATE TABLE more (one INTEGER)", "the table more was added"),
    "a trigger": (
        "CREATE TRIGGER later AFTER INSERT ON entry BEGIN SELECT 1; END",
        "the schema was changed",
    ),
    "sums that are missing": ("DELETE FROM backup_sum WHERE name = 'entry'", "the table entry was added"),
}


@pytest.mark.parametrize(("statement", "difference"), CHANGES.values(), ids=[*CHANGES])
def test_changed_backup_is_refused_with_the_difference(
    filled: str, tmp_path: Path, statement: str, difference: str
) -> None:
    file = tmp_path / "backup.db"
    backup(filled, file, metadata, quiet)
    assert verify_backup(file).summed, "the premise: it is valid before"
    with contextlib.closing(sqlite3.connect(file)) as changed:
        changed.execute("PRAGMA foreign_keys=OFF")
        changed.execute(statement)
        changed.commit()
    for attempt in (lambda: verify_backup(file), lambda: restore(file, filled, metadata, replace=True, progress=quiet)):
        with pytest.raises(SettingsError, match="was changed after the backup") as refused:
            attempt()
        assert difference in str(refused.value)
    assert sums_of(filled)["entry"].rows > 0


def test_backup_without_sums_is_restored_and_reported_as_such(filled: str, new_url: str, tmp_path: Path) -> None:
    file, before = tmp_path / "backup.db", sums_of(filled)
    backup(filled, file, metadata, quiet)
    with contextlib.closing(sqlite3.connect(file)) as earlier:
        earlier.execute("DROP TABLE backup_sum")
        earlier.commit()
    assert not verify_backup(file).summed
    assert not restore(file, new_url, metadata, replace=False, progress=quiet).summed
    assert sums_of(new_url) == before


def test_a_restored_database_contains_no_sums(filled: str, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    backup(filled, file, metadata, quiet)
    restore(file, database_url, metadata, replace=True, progress=quiet)
    with contextlib.closing(sqlite3.connect(sqlite_path(database_url))) as restored:
        assert restored.execute("SELECT 1 FROM sqlite_schema WHERE name = 'backup_sum'").fetchall() == []
