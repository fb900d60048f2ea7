"""The nightly backup is made, verified and counted. Only its own files are removed, and a failure is reported."""

from collections.abc import Callable
from pathlib import Path

import pytest

from crumbless.database.backup import verify_backup
from crumbless.operations.nightly_backup import next_time
from support.server import ServerProcess, environment_of, run_command, wait_until

StartServer = Callable[..., ServerProcess]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


@pytest.mark.storages("sqlite", "postgres")
def test_backup_is_made_and_the_oldest_is_removed(start_server: StartServer, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    foreign, oldest = folder / "by-hand.db", folder / "crumbless-20200101-000000.db"
    foreign.write_text("kept")
    oldest.write_text("an old backup")
    server = start_server(backup_folder=folder, backup_keep=1)
    wait_until(lambda: not oldest.exists(), 60, "the oldest is removed")
    made = [name for name in names_in(folder) if name != foreign.name]
    assert len(made) == 1
    assert foreign.read_text() == "kept"
    assert verify_backup(folder / made[0]).summed
    assert (folder / made[0]).stat().st_mode & 0o077 == 0
    wait_until(lambda: server.rows("SELECT claimed_by, error FROM task WHERE id = -2") == [(None, "")], 30, "noted")
    assert server.rows("SELECT count(*) FROM task WHERE kind = 'backup' AND due_at > created_at") == [(1,)]


def test_failed_backup_removes_no_file_and_is_reported(start_server: StartServer, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.write_text("no folder")
    server = start_server(backup_folder=folder)
    failed = "SELECT 1 FROM task WHERE id = -2 AND error LIKE 'the nightly backup failed: %'"
    wait_until(lambda: bool(server.rows(failed)), 60, "the failure is noted")
    environment = environment_of(server.storage, port=server.port, backup_folder=folder)
    outcome = run_command("status", environment=environment)
    assert outcome.returncode == 1
    assert "Not healthy: the nightly backup failed: " in outcome.stdout
    assert folder.read_text() == "no folder"


def test_without_the_setting_there_is_no_backup(start_server: StartServer) -> None:
    server = start_server()
    wait_until(lambda: bool(server.rows("SELECT 1 FROM task WHERE id = -1")), 30, "recurring tasks are there")
    assert server.rows("SELECT 1 FROM task WHERE kind = 'backup'") == []


@pytest.mark.parametrize(("now", "due"), [(0, 9_000_000), (9_000_000, 95_400_000), (9_000_001, 95_400_000)])
def test_next_time_is_later_than_now(now: int, due: int) -> None:
    assert next_time("02:30", now) == due
