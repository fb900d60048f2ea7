"""A real disk of a few megabytes that is full or read-only. It is a tmpfs, so this part needs root."""

import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from flow.test_file_modes import ONE_SHOT, run
from support.client import Stream
from support.people import World, say, seed_database
from support.server import ServerProcess

MEGABYTES = 24
ROUNDS = 8
WORDS = "w" * 3_000

READS = {"operator list", "workspace list", "tag list", "counters", "verify", "status", "check", "audit", "tag test"}
"""Commands that need not write. The last three have no input here and fail by themselves."""


@contextmanager
def mounted(folder: Path, options: str) -> Generator[None]:
    """Mount a tmpfs."""
    assert os.geteuid() == 0, "not run: needs root, to mount a tmpfs"
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Generator[Path]:
    """Return an empty disk of MEGABYTES."""
    folder = tmp_path / "disk"
    with mounted(folder, f"size={MEGABYTES}m,mode=700"):
        yield folder


def fill(disk: Path) -> Path:
    """Fill all remaining space with a file, and return it."""
    file = disk / "filling"
    with file.open("ab", buffering=0) as filling:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    filling.write(b"x" * size)
            except OSError:
                continue
    return file


async def test_node_on_a_full_disk_is_never_ready_while_messages_fail(disk: Path) -> None:
    database = disk / "crumbless.db"
    seed_database(database)
    server = ServerProcess(database)
    server.start()
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        world = World(server, http)
        streams: list[Stream] = [await world.stream(await world.visitor()) for _ in range(4)]
        filling = fill(disk)
        failed = wrong = 0
        before = "ack"
        for _ in range(500):
            status = (await http.get(f"{server.address}/readyz")).status_code
            outcome = (await say(streams[0], WORDS))["op"]
            # The node cannot report the first failure before it happens.
            wrong += (before, status, outcome) == ("error", 200, "error")
            failed += outcome == "error"
            before = outcome
            if failed >= ROUNDS:
                break
        assert failed >= ROUNDS, "the premise: the disk is full"
        assert wrong == 0
        filling.unlink()
        await world.eventually(lambda: _ready(http, server), 30)
        for stream in streams:
            assert (await say(stream, WORDS))["op"] == "ack"
        await world.close()
    assert server.stop() == 0
    assert "Traceback" not in server.log(), server.log()


async def _ready(http: httpx.AsyncClient, server: ServerProcess) -> bool:
    return (await http.get(f"{server.address}/readyz")).status_code == 200


@pytest.mark.parametrize("state", ["full", "read-only"])
def test_commands_report_an_unwritable_disk_in_one_line(disk: Path, state: str) -> None:
    assert run(disk, "migrate").returncode == 0
    assert run(disk, "backup", str(disk / "earlier.db")).returncode == 0
    if state == "full":
        fill(disk)
    else:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    succeeded: set[str] = set()
    for name, arguments in ONE_SHOT.items():
        outcome = run(disk, *name.split(), *(one.format(folder=disk) for one in arguments))
        assert "Traceback" not in outcome.stderr, (name, outcome.stderr)
        if outcome.returncode == 0:
            succeeded.add(name)
        elif name not in READS:
            errors = [line for line in outcome.stderr.splitlines() if line and " INFO " not in line]
            assert len(errors) == 1, (name, outcome.stderr)
            assert errors[0].startswith("crumbless: "), name
    assert succeeded & {"backup", "copy", "restore", "site add", "operator add"} == set()
