"""A node with a full disk is not ready until a batch is committed again. Owners and admins are warned before."""

import asyncio
import resource
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.client import Stream
from support.people import OLGA, OTTO, World, say
from support.server import ServerProcess, wait_until

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

TOKEN = "a-token-of-the-test-0123456789"

FULL = 34_000
"""Bytes: SQLite's shared memory and a few pages of its log fit, a batch of long messages does not."""

WORDS = "w" * 8_000

NO_SPACE = """
CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$
"""


@contextmanager
def full_disk(server: ServerProcess) -> Generator[None]:
    """Make the node's writes fail as on a full disk."""
    if server.on_postgres:
        server.change(NO_SPACE)
        for table in ("entry", "task"):
            server.change(f"CREATE TRIGGER no_space BEFORE INSERT ON {table} EXECUTE FUNCTION no_space()")
    else:
        wait_until(lambda: is_checkpointed(server), 30, "the log begins again with the next batch")
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (FULL, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        if server.on_postgres:
            server.change("DROP FUNCTION no_space CASCADE")
        else:
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def is_checkpointed(server: ServerProcess) -> bool:
    """Return whether SQLite's file has everything that its log has, so that a small batch still finds room there."""
    with closing(sqlite3.connect(server.database, timeout=10)) as connection:
        _busy, pages, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return pages == copied


async def ready(world: World) -> tuple[int, dict[str, bool]]:
    """Return the status of /readyz, and which parts are healthy."""
    answer = await world.http.get(f"{world.server.address}/readyz")
    return answer.status_code, {part["part"]: part["ok"] for part in answer.json()["parts"]}


async def gauge(world: World, name: str) -> float:
    """Return the value of a metric without labels."""
    answer = await world.http.get(f"{world.server.address}/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    families = text_string_to_metric_families(answer.text)
    return next(one.value for family in families for one in family.samples if one.name == name)


async def send_together(streams: list[Stream]) -> list[str]:
    """Send one long message on each stream at the same time. Return the outcomes."""
    return [frame["op"] for frame in await asyncio.gather(*(say(stream, WORDS) for stream in streams))]


@pytest.mark.storages("sqlite", "postgres")
async def test_node_that_cannot_write_is_not_ready_until_a_batch_is_committed(
    start_server: StartServer, open_world: OpenWorld
) -> None:
    world = open_world(start_server(metrics_token=TOKEN))
    streams = [await world.stream(await world.visitor()) for _ in range(4)]
    desk = await world.stream(await world.operator(OLGA))
    assert await ready(world) == (200, dict.fromkeys(("node", "database", "schema", "ledger", "disk", "bus"), True))
    with full_disk(world.server):
        assert await send_together(streams) == ["error"] * 4, "the premise: messages find no room"
        looks: set[int] = set()
        failed = await gauge(world, "crumbless_ledger_failed_batches_total")

        async def tried_again() -> bool:
            looks.add((await ready(world))[0])
            return await gauge(world, "crumbless_ledger_failed_batches_total") >= failed + 4

        await world.eventually(tried_again)
        assert looks == {503}
        assert await gauge(world, "crumbless_node_ready") == 0
        assert await gauge(world, "crumbless_ledger_healthy") == 0
        assert (await desk.until("disk"))["state"] == "full"
        late = await world.stream(await world.operator(OLGA))
        assert (await late.until("disk"))["state"] == "full"
    await world.eventually(lambda: is_ready(world))
    assert (await desk.until("disk"))["state"] == ""
    assert await send_together(streams) == ["ack"] * 4
    assert await gauge(world, "crumbless_node_ready") == 1
    trials = world.server.rows("SELECT count(*) FROM task WHERE kind = 'trial'")
    assert trials == [(0,)]


async def is_ready(world: World) -> bool:
    """Return whether /readyz answers 200."""
    return (await ready(world))[0] == 200


async def test_little_free_space_is_reported_to_owners_and_admins_and_the_node_stays_ready(
    start_server: StartServer, open_world: OpenWorld
) -> None:
    world = open_world(start_server(metrics_token=TOKEN, free_space_mb=10_000_000))
    status, parts = await ready(world)
    assert status == 200
    assert [name for name, ok in parts.items() if not ok] == ["disk"]
    assert await gauge(world, "crumbless_disk_low") == 1
    assert await gauge(world, "crumbless_disk_free_bytes") > 0
    owner = await world.stream(await world.operator(OLGA))
    assert (await owner.until("disk"))["state"] == "low"


async def test_operators_are_not_notified_of_disk_space(start_server: StartServer, open_world: OpenWorld) -> None:
    server = start_server(free_space_mb=10_000_000)
    server.change("UPDATE operator SET role = 'operator' WHERE email = ?", OTTO.email)
    world = open_world(server)
    assert (await ready(world))[0] == 200
    stream = await world.stream(await world.new_operator(OTTO))
    await stream.settled()
    assert [frame for frame in stream.heard if frame["op"] == "disk"] == []


def test_without_the_setting_little_free_space_is_not_reported(start_server: StartServer) -> None:
    server = start_server(free_space_mb=0)
    answer = httpx.get(f"{server.address}/readyz", trust_env=False)
    assert {part["part"]: part["ok"] for part in answer.json()["parts"]}["disk"]
