"""Starts during a flood need a proof of work, starts at a normal rate do not. The tests compute SHA-256 themselves."""

import asyncio
from collections.abc import Callable

import pytest

from support.people import World, solve
from support.server import ServerProcess
from support.vouching import code_of

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


@pytest.fixture
def flooded(start_server: StartServer, open_world: OpenWorld) -> World:
    return open_world(start_server(starts_per_hour=1, start_burst=3))


async def test_thousand_starts_from_one_network_need_proof_of_work(flooded: World) -> None:
    """Threat 53. Threat 62: a forged header does not change the network."""
    outcomes: list[str] = []
    for _ in range(20):
        starts = (flooded.start(flooded.stranger(with_key=False)) for _ in range(50))
        outcomes += [one.json().get("type", "started") for one in await asyncio.gather(*starts)]
    assert outcomes.count("started") == 3
    assert outcomes.count("urn:crumbless:problem:work_needed") == 997
    assert flooded.server.rows("SELECT count(*) FROM visitor") == [(3,)]
    spoofed = await flooded.http.post(
        f"{flooded.server.address}/v1/visitor/start",
        json={"site": "tea-shop", "id": "0" * 8, "text": "x", "page_origin": "https://tea.example"},
        headers={"x-forwarded-for": "203.0.113.9"},
    )
    assert code_of(spoofed) == "work_needed"


async def test_proof_of_work_is_accepted_once(flooded: World) -> None:
    for _ in range(3):
        assert (await flooded.start(flooded.stranger())).status_code == 201
    person = flooded.stranger()
    asked = await flooded.start(person)
    assert (asked.status_code, code_of(asked)) == (429, "work_needed")
    answer = solve(asked.json()["work"])
    wrong = [answer[:-1] + "x", answer.replace(".", ",", 1), "1" + answer, asked.json()["work"] + ":", "é:1", ":" * 50]
    for one in wrong:
        assert code_of(await flooded.start(person, work=one)) == "work_needed", one
    assert (await flooded.start(person, work=answer)).status_code == 201
    assert code_of(await flooded.start(flooded.stranger(), work=answer)) == "work_needed", "a proof works once"


async def test_starts_with_proof_of_work_are_limited(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server(starts_per_hour=1, start_burst=1))
    assert (await world.start(world.stranger())).status_code == 201
    codes: list[str] = []
    for _ in range(11):
        asked = await world.start(world.stranger())
        done = await world.start(world.stranger(), work=solve(asked.json()["work"]))
        codes.append("started" if done.status_code == 201 else code_of(done))
    assert codes == ["started"] * 10 + ["slow_down"]


async def test_site_under_flood_requires_proof_of_work_and_refuses_no_visitor(
    start_server: StartServer, open_world: OpenWorld
) -> None:
    world = open_world(start_server(site_starts_per_minute=0.1, site_start_burst=1))
    assert (await world.start(world.stranger())).status_code == 201
    asked = await world.start(world.stranger())
    assert code_of(asked) == "work_needed"
    assert asked.json()["work"].startswith("18.")
    assert (await world.start(world.stranger(), work=solve(asked.json()["work"]))).status_code == 201
