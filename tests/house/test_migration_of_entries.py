"""The migration that moves every entry: the result for each row, its requirements, and an interruption."""

import json
import multiprocessing
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from crumbless.core.errors import SettingsError
from crumbless.database.database import write_once
from crumbless.database.database_postgres import SERVING
from crumbless.database.database_sqlite import DatabaseLock, sqlite_path
from crumbless.database.schema import MIGRATIONS, check_schema, migrate, schema_of
from crumbless.ledger.entry import Appended, NewEntry, message_data
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_open import open_writer
from crumbless.visitors.visitor_store import erase_conversations
from support.postgres import PostgresServer
from support.server import wait_until

BEFORE = "0006"
AT = 1_790_000_000_000
TEXT = 'Say "é" \\ \n\t/ \u2028 \U0001f600'
"""Every character that JSON may encode in more than one way."""


@pytest.fixture(params=["sqlite", "postgres"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return a database of the earlier schema, with two workspaces and three conversations."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'crumbless.db'}"
        migrate(url, BEFORE)
        write_once(url, fill)
        yield url
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    url = postgres.new_database()
    migrate(url, BEFORE)
    write_once(url, fill)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'crumbless.db'}"
    migrate(url, BEFORE)
    write_once(url, fill)
    return url


@pytest.fixture
def migration() -> ModuleType:
    """Return the module of the migration, as Alembic loads it."""
    module: ModuleType = ScriptDirectory(str(MIGRATIONS)).get_revision("0007").module
    return module


def fill(connection: Connection) -> None:
    for workspace in (1, 2):
        values = {"w": workspace, "at": AT}
        connection.execute(
            text("INSERT INTO workspace (id, name, position, created_at) VALUES (:w, 'Tea', 6, :at)"), values
        )
        connection.execute(
            text(
                "INSERT INTO site (id, workspace_id, key, name, origins, side, created_at) "
                f"VALUES (:w, :w, 'site-{workspace}', 'Tea', '[]', 'right', :at)"
            ),
            values,
        )
        connection.execute(
            text(
                "INSERT INTO visitor (id, workspace_id, site_id, name, created_at) "
                f"VALUES ('visitor-{workspace}', :w, :w, '', :at)"
            ),
            values,
        )
    conversation(connection, 1, 1, "waiting", "vovv")
    conversation(connection, 2, 2, "open", "vo")
    conversation(connection, 3, 1, "closed", "ve")
    conversation(connection, 4, 1, "closed", "vc")


def conversation(connection: Connection, no: int, workspace: int, status: str, entries: str) -> None:
    """Add a conversation with entries: `v` and `o` messages of both sides, `c` closed, `e` erased."""
    connection.execute(
        text(
            "INSERT INTO conversation (no, id, workspace_id, site_id, visitor_id, status, last_seq, position, "
            "visitor_seen, operator_seen, seen_position, started_at) "
            f"VALUES (:no, 'c-{no}', :w, :w, 'visitor-{workspace}', :status, :last, 9, 1, 2, 0, :at)"
        ),
        {"no": no, "w": workspace, "status": status, "last": len(entries), "at": AT},
    )
    erased = "e" in entries
    for seq, one in enumerate(entries, 1):
        kind = "erased" if erased and one != "e" else "message" if one in "vo" else "event"
        connection.execute(
            text(
                "INSERT INTO entry (workspace_id, position, conversation_no, seq, id, at, kind, author_kind, "
                "author_id, author_name, text, event) VALUES (:w, :position, :no, :seq, :id, :at, :kind, :side, '', "
                "'', :text, :event)"
            ),
            {
                "w": workspace,
                "position": no * 100 + seq,
                "no": no,
                "seq": seq,
                "id": f"e-{no}-{seq}",
                "at": AT + seq,
                "kind": kind,
                "side": "operator" if one in "oc" else "visitor",
                "text": TEXT if kind == "message" else "",
                "event": {"c": "closed", "e": "erased"}.get(one, ""),
            },
        )


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    return write_once(url, lambda connection: [tuple(row) for row in connection.execute(text(query))])


def test_every_row_has_its_new_form(old_url: str) -> None:
    migrate(old_url)
    check_schema(old_url)
    entries = rows(
        old_url, "SELECT conversation_no, seq, visitor_seq, kind, data FROM entry ORDER BY conversation_no, seq"
    )
    words = message_data(TEXT)
    assert entries == [
        *[(1, seq, seq, "message", words) for seq in range(1, 5)],
        *[(2, seq, seq, "message", words) for seq in range(1, 3)],
        (3, 1, 1, "message", None),
        (3, 2, 2, "erased", "{}"),
        (4, 1, 1, "message", words),
        (4, 2, 2, "closed", "{}"),
    ]
    assert all(json.loads(str(data))["text"] == TEXT for *_, kind, data in entries if kind == "message" and data)
    conversations = rows(
        old_url, "SELECT no, number, status, waiting_since, last_visitor_seq FROM conversation ORDER BY no"
    )
    assert conversations == [
        (1, 1, "open", AT + 3, 4),
        (2, 1, "open", None, 2),
        (3, 2, "closed", None, 2),
        (4, 3, "closed", None, 2),
    ]
    assert rows(old_url, "SELECT id, last_number FROM workspace ORDER BY id") == [(1, 3), (2, 1)]


def test_message_that_is_resent_after_the_migration_is_a_repeat(old_url: str) -> None:
    migrate(old_url)
    again = NewEntry(1, "c-1", "e-1-1", AT + 9, "message", "visitor", "", "", message_data(TEXT))
    one = WriteRequest(again, None, lambda _outcome: None)
    writer = open_writer(old_url)
    writer.commit([one])
    writer.close()
    assert isinstance(one.outcome, Appended)
    assert (one.outcome.repeat, one.outcome.seq, one.outcome.visitor_seq) == (True, 1, 1)


def test_entries_move_in_portions_with_progress(
    old_url: str, migration: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration, "PORTION", 3)
    monkeypatch.setattr(ScriptDirectory, "from_config", _scripts_with(migration))
    progress: list[tuple[str, int, int]] = []
    migrate(old_url, progress=lambda table, moved, count: progress.append((table, moved, count)))
    assert progress == [("entry", moved, 10) for moved in (0, 3, 6, 9, 10)]
    assert rows(old_url, "SELECT count(*) FROM entry") == [(10,)]


def _scripts_with(migration: ModuleType) -> object:
    """Return scripts in which the revision is this very module: Alembic would load it again."""

    def scripts(_config: object) -> ScriptDirectory:
        directory = ScriptDirectory(str(MIGRATIONS))
        directory.get_revision("0007").module = migration
        return directory

    return scripts


def test_migration_beside_a_node_is_rejected_on_sqlite(sqlite_url: str) -> None:
    lock = DatabaseLock(sqlite_path(sqlite_url))
    lock.take()
    with pytest.raises(SettingsError, match="another Crumbless process is using"):
        migrate(sqlite_url)
    lock.release()
    assert write_once(sqlite_url, schema_of) == BEFORE
    migrate(sqlite_url)


def test_migration_beside_a_node_is_rejected_on_postgres(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    migrate(url, BEFORE)
    write_once(url, fill)

    def beside(connection: Connection) -> None:
        connection.execute(text(f"SELECT pg_advisory_xact_lock_shared({SERVING})"))
        with pytest.raises(SettingsError, match="stop every node first"):
            migrate(url)

    write_once(url, beside)
    assert write_once(url, schema_of) == BEFORE
    migrate(url)
    postgres.drop_database(url)


class Usage(NamedTuple):
    free: int


def test_migration_without_room_on_the_disk_is_rejected(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> Usage:
        assert path.is_dir()
        return Usage(free=1)

    monkeypatch.setattr(shutil, "disk_usage", full)
    with pytest.raises(SettingsError, match=r"needs 0 MB of free disk space, but only 0 MB are free"):
        migrate(sqlite_url)
    monkeypatch.undo()
    assert write_once(sqlite_url, schema_of) == BEFORE
    migrate(sqlite_url)


def _migrate_and_stop(url: str, reached: Path) -> None:
    def stop(_table: str, moved: int, _count: int) -> None:
        if moved:
            reached.touch()
            multiprocessing.Event().wait()

    migrate(url, progress=stop)


def test_killed_migration_leaves_the_old_schema_and_can_be_run_again(sqlite_url: str, tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=_migrate_and_stop, args=(sqlite_url, tmp_path / "reached")
    )
    process.start()
    wait_until((tmp_path / "reached").exists, 60, "rows have moved")
    process.kill()
    process.join()
    with pytest.raises(SettingsError, match="run `crumbless migrate`"):
        check_schema(sqlite_url)
    assert rows(sqlite_url, "SELECT count(*) FROM entry WHERE event = 'closed'") == [(1,)]
    migrate(sqlite_url)
    check_schema(sqlite_url)
    assert rows(sqlite_url, "SELECT count(*) FROM entry") == [(10,)]


def test_erased_text_is_in_no_old_page(sqlite_url: str) -> None:
    def add(connection: Connection) -> None:
        connection.execute(
            text(
                "WITH RECURSIVE c(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM c LIMIT 4000) "
                "INSERT INTO entry (workspace_id, position, conversation_no, seq, id, at, kind, author_kind, "
                "author_id, author_name, text, event) SELECT 2, n, 2, n, 'e-' || n, 1, 'message', 'visitor', '', '', "
                "'whisper ' || n, '' FROM c"
            )
        )

    write_once(sqlite_url, add)
    path = sqlite_path(sqlite_url)
    assert path.read_bytes().count(b"whisper ") >= 4000, "the premise: texts can be found in the file"
    migrate(sqlite_url)
    assert path.read_bytes().count(b"whisper ") == 4000
    write_once(sqlite_url, lambda connection: erase_conversations(connection, 2, ["c-2"]))
    write_once(sqlite_url, lambda connection: connection.execute(text("SELECT 1")))
    files = [one for one in path.parent.iterdir() if one.name.startswith(path.name)]
    left = sum(one.read_bytes().count(b"whisper ") for one in files)
    assert left == 0, [one.name for one in files]
