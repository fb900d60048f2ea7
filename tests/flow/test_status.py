"""`crumbless status` reports a running and a stopped installation, and exits with 0 only if it is healthy."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crumbless.database.schema import SCHEMA
from support.server import ServerProcess, environment_of, run_command

StartServer = Callable[..., ServerProcess]


def status_of(server: ServerProcess, **settings: object) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the output of `crumbless status --json`."""
    environment = environment_of(server.storage, port=server.port, **settings)
    outcome = run_command("status", "--json", environment=environment)
    assert outcome.stderr == ""
    return outcome.returncode, json.loads(outcome.stdout)


@pytest.mark.storages("sqlite", "postgres")
def test_running_and_stopped_installations_are_reported(start_server: StartServer) -> None:
    server = start_server()
    code, running = status_of(server)
    assert (code, running["healthy"], running["faults"]) == (0, True, [])
    assert (running["server"], running["ledger"], running["schema"]) == ("ready", "writes", SCHEMA)
    assert (running["failed_tasks"], running["last_backup"]) == (0, None)
    assert "test" not in running["database"] or not server.on_postgres, "no password and no address"
    server.change("INSERT INTO task (kind, payload, due_at, created_at, dead_at) VALUES ('mail', '{}', 1, 1, 1)")
    server.stop()
    code, stopped = status_of(server)
    assert (code, stopped["server"], stopped["ledger"], stopped["failed_tasks"]) == (0, "stopped", "", 1)
    text = run_command("status", environment=environment_of(server.storage, port=server.port))
    assert text.returncode == 0
    assert "failed jobs   1" in text.stdout
    assert text.stdout.endswith("Healthy.\n")


def test_faults_are_named_and_change_the_exit_code(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server()
    code, low = status_of(server, free_space_mb=10_000_000)
    assert (code, low["healthy"]) == (1, False)
    assert low["faults"] == ["less than 10000000 MB of disk space is free"]
    folder = tmp_path / "backups"
    folder.mkdir()
    assert status_of(server, backup_folder=folder)[0] == 1
    made = folder / "one.db"
    assert run_command("backup", str(made), environment=environment_of(server.storage)).returncode == 0
    code, fresh = status_of(server, backup_folder=folder)
    assert code == 0
    assert fresh["last_backup"]
    os.utime(made, (1, 1))
    assert status_of(server, backup_folder=folder)[1]["faults"] == ["the newest backup is older than two days"]
    server.change("UPDATE alembic_version SET version_num = '0001'")
    assert any("schema 0001" in fault for fault in status_of(server)[1]["faults"])


def test_missing_database_is_not_created(tmp_path: Path) -> None:
    outcome = run_command("status", environment=environment_of(tmp_path / "missing.db"))
    assert outcome.returncode == 2
    assert outcome.stderr == f"crumbless: there is no database at {tmp_path / 'missing.db'}\n"
    assert [*tmp_path.iterdir()] == []
