"""The commands that move an installation, beside a running server and after it, lose no message."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.people import World, say
from support.postgres import PostgresServer
from support.server import ServerProcess, environment_of, run_command

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


async def converse(world: World) -> tuple[str, list[object]]:
    """Write a conversation. Return what its operators read."""
    vera = await world.visitor("Hello")
    await say(await world.stream(vera), "Is anybody there?")
    return vera.conversation, await texts_of(world, vera.conversation)


async def texts_of(world: World, conversation: str) -> list[object]:
    return [(entry["seq"], entry["id"], entry["data"]["text"]) for entry in await world.timeline(conversation)]


async def test_shop_moves_to_postgres_and_back(
    start_server: StartServer, open_world: OpenWorld, postgres: PostgresServer, tmp_path: Path
) -> None:
    server = start_server()
    conversation, before = await converse(open_world(server))
    target = postgres.new_database()
    arguments = ("copy", server.database_url, target)
    refused = run_command(*arguments, environment=environment_of(server.storage))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.strip().endswith("another Crumbless process is using crumbless.db; stop it first")
    server.stop()
    outcome = run_command(*arguments, environment=environment_of(server.storage))
    assert outcome.returncode == 0, outcome.stderr
    assert "Source and target are equal" in outcome.stdout
    moved = ServerProcess(target)
    moved.start()
    try:
        world = open_world(moved)
        assert await texts_of(world, conversation) == before
        other, later = await converse(world)
    finally:
        moved.stop()
    assert "Traceback" not in moved.log()
    back = tmp_path / "back.db"
    assert run_command("copy", target, f"sqlite:///{back}", environment=environment_of(target)).returncode == 0
    returned = ServerProcess(back)
    returned.start()
    try:
        world = open_world(returned)
        assert await texts_of(world, conversation) == before
        assert await texts_of(world, other) == later
    finally:
        returned.stop()


@pytest.mark.storages("sqlite", "postgres")
async def test_backup_during_writes_is_complete(
    start_server: StartServer, open_world: OpenWorld, tmp_path: Path
) -> None:
    server = start_server()
    world = open_world(server)
    conversation, before = await converse(world)
    file, environment = tmp_path / "backup.db", environment_of(server.storage)
    made = run_command("backup", str(file), environment=environment)
    assert made.returncode == 0, made.stderr
    await converse(world)
    served = run_command("restore", str(file), "--yes", environment=environment)
    assert served.returncode == 2
    assert "using" in served.stderr
    server.stop()
    careful = run_command("restore", str(file), environment=environment)
    assert careful.returncode == 2
    assert "add --yes" in careful.stderr
    done = run_command("restore", str(file), "--yes", environment=environment)
    assert done.returncode == 0, done.stderr
    server.start()
    assert await texts_of(world, conversation) == before
    assert server.rows("SELECT count(*) FROM conversation") == [(1,)]


def test_failed_copy_does_not_print_the_password(tmp_path: Path) -> None:
    source, target = tmp_path / "a.db", "postgresql://me:hidden-word@127.0.0.1:1/x"
    assert run_command("migrate", environment=environment_of(source)).returncode == 0
    file = f"sqlite:///{source}"
    for one, other in ((file, target), (target, file), ("postgresql://me:hidden-word", "x")):
        outcome = run_command("copy", one, other, environment=environment_of(source))
        assert outcome.returncode == 2
        assert outcome.stderr.startswith("crumbless: CRUMBLESS_DATABASE_URL: ")
        assert "hidden-word" not in outcome.stderr + outcome.stdout
