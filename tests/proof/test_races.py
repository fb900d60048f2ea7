"""One-time secrets are used by two clients at the same moment, a hundred times for each kind: exactly one succeeds."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from support.people import World, seed_database
from support.races import KINDS, assert_one_winner, send
from support.server import TEST_KEY, ServerProcess

RACES = 100
AT_ONCE = 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that each racer calls from a separate network, because the test is not about limits."""
    database = tmp_path_factory.mktemp("races") / "crumbless.db"
    seed_database(database)
    made = ServerProcess(database, secret_key=TEST_KEY, trusted_proxies="127.0.0.0/8")
    made.start()
    yield made
    assert made.stop() == 0
    assert "Traceback" not in made.log()


@pytest_asyncio.fixture
async def world(server: ServerProcess) -> AsyncIterator[World]:
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as http:
        made = World(server, http)
        yield made
        await made.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_one_of_two_simultaneous_uses_succeeds(world: World, kind: str) -> None:
    people = [world.stranger() for _ in range(AT_ONCE)]
    for _ in range(RACES):
        path, bodies = await KINDS[kind](world, people)
        answers = await asyncio.gather(
            *(send(world, person, path, body) for person, body in zip(people, bodies, strict=True))
        )
        assert_one_winner(kind, answers)
