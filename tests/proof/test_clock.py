"""No jump of the wall clock deletes data, ends a session or stops work: all jumps, both databases, two nodes."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from pyotp.totp import TOTP

from support.client import ask
from support.clock import JUMPS, MINUTE, ClockScenario, WrongClock
from support.cluster import ClusterWorld, ServerCluster
from support.people import OLGA, World, say, seed_database
from support.postgres import PostgresServer
from support.server import Database, ServerProcess
from support.sign_in import post, signed_in

WAIT_SECONDS = 120.0

OpenScene = Callable[[WrongClock], AbstractAsyncContextManager[ClockScenario]]


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Return a seeded database of each kind."""
    if request.param == "sqlite":
        made: Database = tmp_path / "crumbless.db"
    else:
        postgres: PostgresServer = request.getfixturevalue("postgres")
        made = postgres.new_database()
    seed_database(made)
    return made


@pytest.fixture
def open_scene(database: Database) -> OpenScene:
    """Return a function that starts a server with this clock, with its operators and visitors."""

    @asynccontextmanager
    async def open_one(clock: WrongClock) -> AsyncGenerator[ClockScenario]:
        server = ServerProcess(database, clock=clock, task_poll_seconds=0.1)
        server.start()
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=40) as http:
                scenario = ClockScenario(World(server, http))
                await scenario.begin()
                yield scenario
                await scenario.world.close()
        finally:
            server.dispose()
        assert "Traceback" not in server.log(), server.log()

    return open_one


async def test_clock_jump_while_the_server_runs_changes_nothing(open_scene: OpenScene, tmp_path: Path) -> None:
    clock = WrongClock(tmp_path)
    async with open_scene(clock) as scenario:
        server = scenario.world.server
        for ahead in JUMPS:
            for error in (ahead, 0):
                before = await scenario.prepare()
                if server.on_postgres:
                    # It reads PostgreSQL's clock, so it has no jump to notice.
                    clock.set(error)
                else:
                    clock.jump(server, error)
                await scenario.check(*before)
        assert server.log().count("it is ignored unless") == (0 if server.on_postgres else len(JUMPS))


async def test_clock_jump_across_a_restart_changes_nothing(open_scene: OpenScene, tmp_path: Path) -> None:
    clock = WrongClock(tmp_path)
    async with open_scene(clock) as scenario:
        server = scenario.world.server
        for ahead in (*JUMPS, 0):
            code, _ = await scenario.prepare()
            server.kill()
            clock.set(ahead)
            server.start()
            await scenario.reopen()
            await scenario.check(code)


@pytest.fixture
def cluster(postgres: PostgresServer, tmp_path: Path) -> Iterator[ServerCluster]:
    """Start two nodes, whose clocks are ten minutes late and ten minutes early."""
    url = postgres.new_database()
    seed_database(url)
    clocks: list[WrongClock] = []
    for ahead in (-10 * MINUTE, 10 * MINUTE):
        folder = tmp_path / str(ahead)
        folder.mkdir()
        clocks.append(WrongClock(folder))
        clocks[-1].set(ahead)
    made = ServerCluster(url, "postgresql", clocks, task_poll_seconds=0.1)
    try:
        made.start()
        yield made
    finally:
        made.stop()


async def test_two_nodes_with_different_clocks_agree(cluster: ServerCluster) -> None:
    world = ClusterWorld(cluster)
    await world.bus_is(connected=True)
    try:
        for first, second in ((0, 1), (1, 0)):
            await _sign_in_with_two_steps(world, first, second)
            await _continue_on_another_device(world, first, second)
            await _chat(world, first, second)
        await _fail_each_email_once(world)
    finally:
        await world.close()


async def _sign_in_with_two_steps(world: ClusterWorld, first: int, second: int) -> None:
    """Links, sessions and authentications of one node are valid at the other, codes of an authenticator app at both."""
    cluster = world.cluster
    cluster.steer(first)
    olga = await world.new_operator(OLGA)
    begun = (await post(world, olga, "/v1/desk/me/totp/begin")).json()
    app = TOTP(begun["secret"])
    body = {"one_time_token": begun["one_time_token"], "code": app.now(), "end_others": False}
    cluster.steer(second)
    confirmed = await post(world, olga, "/v1/desk/me/totp/confirm", body)
    assert confirmed.status_code == 200, confirmed.text
    # A code is accepted once.
    cluster.nodes[0].change("UPDATE operator SET totp_step = 0")
    cluster.steer(first)
    person = world.stranger()
    step = await world.sign_in(OLGA, person=person)
    assert step.status_code == 202, step.text
    cluster.steer(second)
    answer = await post(
        world, person, "/v1/desk/sign-in/code", {"one_time_token": step.json()["one_time_token"], "code": app.now()}
    )
    await signed_in(world, answer, person)
    cluster.steer(first)
    # The other node has seen the authentication that this needs.
    removed = await post(world, person, "/v1/desk/me/totp/remove", {"end_others": True})
    assert removed.status_code == 204, removed.text


async def _continue_on_another_device(world: ClusterWorld, first: int, second: int) -> None:
    world.cluster.steer(first)
    vera = await world.visitor()
    code = (await ask(world.http, vera, "POST", "/v1/visitor/continue/code", {})).json()["code"]
    world.cluster.steer(second)
    body = {"site": "tea-shop", "secret": code}
    answer = await ask(world.http, world.stranger(), "POST", "/v1/visitor/continue", body)
    assert answer.status_code == 200, answer.text


async def _chat(world: ClusterWorld, first: int, second: int) -> None:
    """Entries of both nodes have times of one clock."""
    world.cluster.steer(first)
    visitor, operator = await world.visitor(), await world.new_operator(OLGA)
    streams = [await world.stream_at(first, visitor), await world.stream_at(second, operator)]
    for number in range(4):
        ack = await say(streams[number % 2], f"{number}", conversation=visitor.conversation)
        assert ack["op"] == "ack"
    newest = "SELECT at FROM entry WHERE workspace_id = 1 ORDER BY position DESC LIMIT 5"
    times = [row[0] for row in world.cluster.rows(newest)]
    assert len(times) == 5
    assert max(times) - min(times) < 5 * MINUTE * 1000, "the clocks of the nodes are 20 minutes apart"


async def _fail_each_email_once(world: ClusterWorld) -> None:
    """Without a mail server, an email is a failed job after one attempt of one node."""
    rows = world.cluster.rows
    world.cluster.nodes[0].change(
        "INSERT INTO task (workspace_id, kind, payload, due_at, created_at, attempts, error) "
        "SELECT 1, 'mail', '{}', (SELECT max(last_seen_at) FROM session), 0, 0, '' FROM generate_series(1, 40)"
    )

    async def given_up() -> bool:
        return rows("SELECT count(*) FROM task WHERE kind = 'mail' AND dead_at IS NOT NULL") == [(40,)]

    await world.eventually(given_up, WAIT_SECONDS)
    assert rows("SELECT max(attempts) FROM task WHERE kind = 'mail'") == [(1,)]
