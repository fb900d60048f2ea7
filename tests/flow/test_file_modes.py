"""Every file that a command writes is readable by its owner only (0600, in folders of 0700) with any umask.

A full disk is reported in one line.
"""

import contextlib
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup

from crumbless.cli.lazy_command import LazyCommand
from crumbless.cli.main import app
from support.ports import free_port
from support.server import COMMAND, ServerProcess, environment_of, run_command, wait_until

USUAL_UMASK = 0o022
SITE = "kornblume"
OWNER = "owner@kornblume.example"

SERVING = ("serve", "demo")

ONE_SHOT: dict[str, tuple[str, ...]] = {
    "migrate": (),
    "compact": (),
    "copy": ("sqlite:///{folder}/crumbless.db", "sqlite:///{folder}/copy/of.db"),
    "backup": ("{folder}/backup.db",),
    "verify": ("{folder}/earlier.db",),
    "restore": ("{folder}/earlier.db", "--yes"),
    "status": (),
    "operator add": (OWNER, "--name", "Alex"),
    "operator list": (),
    "operator reset": (OWNER,),
    "operator disable": (OWNER,),
    "workspace add": ("Second",),
    "workspace list": (),
    "workspace remove-policy": ("Main",),
    "site add": ("Kornblume", "--origin", "https://kornblume.example", "--key", SITE),
    "retention preview": (),
    "retention set": ("--workspace", "Main", "--conversations", "365"),
    "retention run": (),
    "tag set": (SITE, "ga4", "--mode", "browser", "--id", "G-ABC1234567"),
    "tag list": (SITE,),
    "tag drop": (SITE, "ga4"),
    "tag test": (SITE, "ga4"),
    "consent export": ("--site", SITE),
    "counters": (SITE,),
    "check": ("http://127.0.0.1:1", "--patience", "1"),
    "audit": ("http://127.0.0.1:1/", "--out", "{folder}/report", "--timeout", "5"),
}
"""Every command that ends by itself, in an order in which each finds its input."""

FULL = 34_000
"""Bytes: the shared memory of SQLite's log fits, a batch in the log does not."""

REFUSED_HERE = {"check", "audit", "tag test", "operator disable"}
"""These commands cannot succeed: there is no URL to check or audit and no relay, and the last owner stays enabled."""


def names_of(group: TyperGroup, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, LazyCommand):
            command = command.load()  # noqa: PLW2901
        if isinstance(command, TyperGroup):
            yield from names_of(command, f"{before}{name} ")
        else:
            yield before + name


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command as a shell does."""
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=folder,
        env=environment_of(folder / "crumbless.db"),
        capture_output=True,
        text=True,
        umask=USUAL_UMASK,
        timeout=120,
        check=False,
    )


def run_on_a_full_disk(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose files cannot grow beyond FULL."""
    environment = environment_of(folder / "crumbless.db")
    return run_command(*arguments, environment=environment, folder=folder, umask=USUAL_UMASK, file_bytes=FULL)


def open_to_others(folder: Path) -> list[str]:
    """Return the paths below the folder that their group or others can access."""
    return [
        f"{path.relative_to(folder)} {stat.filemode(path.stat().st_mode)}"
        for path in sorted(folder.rglob("*"))
        if path.stat().st_mode & 0o077
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder where a program with the default umask writes a file that all users can read."""
    program = [sys.executable, "-c", "open('premise', 'w')"]
    subprocess.run(program, cwd=tmp_path, umask=USUAL_UMASK, check=True)
    assert open_to_others(tmp_path) == ["premise -rw-r--r--"]
    (tmp_path / "premise").unlink()
    return tmp_path


def test_every_command_is_covered() -> None:
    assert sorted(names_of(app)) == sorted([*ONE_SHOT, *SERVING])


def test_commands_write_files_for_their_owner_only(folder: Path) -> None:
    assert run(folder, "migrate").returncode == 0
    assert run(folder, "backup", str(folder / "earlier.db")).returncode == 0
    for name, arguments in ONE_SHOT.items():
        outcome = run(folder, *name.split(), *(one.format(folder=folder) for one in arguments))
        if name not in REFUSED_HERE:
            assert outcome.returncode == 0, (name, outcome.stderr)
        assert "Traceback" not in outcome.stderr, name
        assert open_to_others(folder) == [], name
    assert {"crumbless.db", "copy", "backup.db", "report"} <= {path.name for path in folder.iterdir()}


def test_commands_report_a_full_disk_in_one_line(folder: Path) -> None:
    with contextlib.closing(sqlite3.connect(folder / "crumbless.db")) as connection:
        # With large pages, which the file keeps, few of them fill the log.
        connection.execute("PRAGMA page_size=8192")
        connection.execute("PRAGMA journal_mode=WAL")
    (folder / "crumbless.db").chmod(0o600)
    assert run(folder, "migrate").returncode == 0
    assert run(folder, "backup", str(folder / "earlier.db")).returncode == 0
    failed: list[str] = []
    for name, arguments in ONE_SHOT.items():
        # Some commands would find room in the write-ahead log that earlier commands have left.
        with contextlib.closing(sqlite3.connect(folder / "crumbless.db")) as connection:
            assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
        outcome = run_on_a_full_disk(folder, *name.split(), *(one.format(folder=folder) for one in arguments))
        assert "Traceback" not in outcome.stderr, name
        if outcome.returncode == 2:
            failed.append(name)
            errors = [line for line in outcome.stderr.splitlines() if line and " INFO " not in line]
            assert len(errors) == 1, (name, outcome.stderr)
            assert errors[0].startswith("crumbless: "), name
    assert {"compact", "copy", "backup", "restore", "operator add"} <= {*failed}


@pytest.mark.parametrize("command", SERVING)
def test_server_writes_files_for_its_owner_only(folder: Path, command: str) -> None:
    arguments = ["--port", str(free_port())] if command == "serve" else ["--port", "0", "--json", "--data", "demo"]
    with (folder.parent / f"{folder.name}.log").open("w+b") as log:
        process = subprocess.Popen(
            [COMMAND, command, *arguments],
            cwd=folder,
            env=environment_of(folder / "crumbless.db"),
            stdout=log,
            stderr=log,
            umask=USUAL_UMASK,
        )
        try:
            wait_until(lambda: len(list(folder.rglob("*.db-shm"))) == 1, 60, "the database is opened")
            wait_until(lambda: len(list(folder.rglob("*.key"))) == 1, 60, "the key is made")
            assert open_to_others(folder) == []
        finally:
            process.terminate()
            process.wait(60)
    assert open_to_others(folder) == []


def test_start_restricts_files_of_an_earlier_version(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server()
    server.kill()
    companions = [server.database.with_name(server.database.name + ending) for ending in ("", "-wal", "-shm", ".key")]
    for path in companions:
        path.chmod(0o644)
    server.start()
    assert [path.name for path in companions if path.stat().st_mode & 0o077] == []
