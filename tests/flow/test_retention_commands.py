"""The commands of retention, for installations without a desk."""

from collections.abc import Callable

import pytest

from support.people import World
from support.server import ServerProcess, environment_of, run_command

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


async def test_rule_is_set_previewed_and_run_from_the_console(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server(task_poll_seconds=0.1))
    environment = environment_of(world.server.storage)

    def command(*arguments: str) -> str:
        done = run_command("retention", *arguments, environment=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    vera = await world.visitor("secret")
    back = 400 * 86_400_000
    world.server.change("UPDATE conversation SET status = 'closed', started_at = started_at - ?", back)
    world.server.change("UPDATE entry SET at = at - ?", back)
    assert "closed conversations: never deleted" in command("preview")
    told = command("set", "--workspace", "Tea", "--conversations", "365", "--site", "tea-shop")
    assert "of the site tea-shop: deleted after 365 days" in told
    assert "it deletes: 1 conversations" in told
    assert "secret" in str(await world.timeline(vera.conversation))
    assert "The server deletes this" in command("run")

    async def is_empty() -> bool:
        return "secret" not in str(await world.timeline(vera.conversation))

    await world.eventually(is_empty)
    assert "it deletes: 0 conversations" in command("preview")


@pytest.mark.storages("sqlite")
def test_invalid_rules_are_refused(start_server: StartServer) -> None:
    environment = environment_of(start_server().storage)
    for wanted in (("Tea", "0"), ("Tea", "soon"), ("Coffee", "30")):
        refused = run_command(
            "retention", "set", "--workspace", wanted[0], "--conversations", wanted[1], environment=environment
        )
        assert refused.returncode == 2
        assert refused.stderr.startswith("crumbless: ")
    accepted = run_command(
        "retention", "set", "--workspace", "Tea", "--conversations", "never", environment=environment
    )
    assert accepted.returncode == 0, accepted.stderr
