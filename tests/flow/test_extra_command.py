"""A command that is added as one row works end to end, over each transport: permission, limit, check and effect."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.client import Frame, Stream, Transport
from support.people import World, new_entry_id, say
from support.server import ServerProcess
from support.sign_in import hire
from support.storage import Storage

PROGRAM = Path(__file__).parents[1] / "support" / "extra_command.py"


@pytest.fixture(scope="module")
def own_server(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with the commands of the program."""
    database = storage.new_database(tmp_path_factory.mktemp("extra_command"))
    server = ServerProcess(database, program=[str(PROGRAM)], **storage.settings)
    server.start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log()


@pytest.fixture
def extended(own_server: ServerProcess, open_world: Callable[[ServerProcess], World]) -> World:
    return open_world(own_server)


async def shout(stream: Stream, conversation: str, text: str = "Good day") -> Frame:
    """Send the command; the server's `ack` or `error`."""
    entry_id = new_entry_id()
    await stream.send("shout", id=entry_id, conversation=conversation, text=text)
    while True:
        frame = await stream.receive()
        if frame["op"] in {"ack", "error"}:
            return frame


async def test_server_without_the_row_does_not_know_the_command(world: World, transport: Transport) -> None:
    """The premise of the next tests."""
    vera = await world.visitor()
    desk = await world.stream(await world.operator(), transport)
    assert (await shout(desk, vera.conversation))["code"] == "unknown_op"


async def test_command_of_a_row_appends_its_entry(extended: World, transport: Transport) -> None:
    vera = await extended.visitor()
    desk, visitor = await extended.stream(await extended.new_operator(), transport), await extended.stream(vera)
    ack = await shout(desk, vera.conversation)
    assert (ack["op"], ack["seq"]) == ("ack", 2)
    assert (await visitor.until_entry(id=ack["id"]))["data"] == {"text": "GOOD DAY"}
    assert (await shout(desk, vera.conversation, ""))["code"] == "empty_text"


async def test_command_of_a_row_runs_its_verb(extended: World, transport: Transport) -> None:
    vera = await extended.visitor()
    desk, visitor = await extended.stream(await extended.new_operator(), transport), await extended.stream(vera)
    await desk.send("nudge", conversation=vera.conversation)
    assert (await visitor.until("typing"))["by"]["name"] == "Olga"
    await desk.send("nudge", conversation=vera.conversation)
    assert (await desk.until("error"))["code"] == "slow_down"


async def test_command_is_refused_without_the_permission_of_its_row(extended: World, transport: Transport) -> None:
    vera = await extended.visitor()
    analyst = await extended.new_operator(hire(extended, "Ana", role="analyst"))
    desk, visitor = await extended.stream(analyst, transport), await extended.stream(vera, transport)
    assert (await shout(desk, vera.conversation))["code"] == "forbidden"
    assert (await shout(visitor, vera.conversation))["code"] == "unknown_op"
    assert [entry["seq"] for entry in await extended.timeline(vera.conversation)] == [1]


async def test_command_has_the_limit_of_its_row(extended: World, transport: Transport) -> None:
    vera = await extended.visitor()
    desk = await extended.stream(await extended.new_operator(), transport)
    assert [(await shout(desk, vera.conversation))["op"] for _ in range(2)] == ["ack", "ack"]
    refused = await shout(desk, vera.conversation)
    assert (refused["code"], refused["retry_after"] > 0) == ("slow_down", True)
    assert (await say(desk, "Others are not limited", conversation=vera.conversation))["op"] == "ack"
