"""One-time codes, links, passkey challenges and OIDC callbacks are used at two nodes at once, and one use succeeds.

The nodes share one PostgreSQL, so that only the database decides. No response has a status of 500 or higher.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from faults.talkers import NodeTransport
from support.client import Person
from support.cluster import ClusterWorld, ServerCluster
from support.oidc_provider import CLIENT_ID, CLIENT_SECRET, ProviderVisit, run_provider
from support.people import seed_database
from support.ports import free_port
from support.postgres import PostgresServer
from support.races import KINDS, assert_one_winner, send
from support.server import TEST_KEY
from support.sign_in import hire, signed_in
from support.software_authenticator import SoftwareAuthenticator

RACES = 100
"""Rounds of each kind that is raced across both nodes for the first time here."""

CODE_RACES = 25
"""Rounds of each kind that test_races.py runs a hundred times on SQLite."""

Clients = Sequence[httpx.AsyncClient]
"""One for each node."""

PASSKEY = "/v1/desk/sign-in/passkey"
STEP_UP = "/v1/desk/step-up/passkey"


@pytest.fixture(scope="module")
def cluster(postgres: PostgresServer) -> Iterator[ServerCluster]:
    """Start two nodes and an OpenID provider that they both use."""
    url, port = postgres.new_database(), free_port()
    seed_database(url)
    with run_provider(f"http://127.0.0.1:{port}/desk/oidc/own") as issuer:
        provider = {"id": "own", "name": "Own", "issuer": issuer}
        provider |= {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        made = ServerCluster(
            url,
            "postgresql",
            secret_key=TEST_KEY,
            trusted_proxies="127.0.0.0/8",
            oidc_providers=json.dumps([provider]),
        )
        made.balancer.port = port
        try:
            made.start()
            yield made
        finally:
            made.stop()


@pytest_asyncio.fixture
async def world(cluster: ServerCluster) -> AsyncIterator[ClusterWorld]:
    """Return the nodes, behind their balancer."""
    made = ClusterWorld(cluster)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def clients(cluster: ServerCluster) -> AsyncIterator[Clients]:
    """Return an HTTP client for each node, which bypasses the balancer."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                httpx.AsyncClient(transport=NodeTransport(node.port), timeout=60, trust_env=False)
            )
            for node in cluster.nodes
        ]


async def race(
    world: ClusterWorld, clients: Clients, people: Sequence[Person], path: str, bodies: Sequence[dict[str, Any]]
) -> list[httpx.Response]:
    """Send one body to each node at the same moment."""
    return await asyncio.gather(
        *(send(world, person, path, body, client) for client, person, body in zip(clients, people, bodies, strict=True))
    )


def same_browser(person: Person, clients: Clients) -> list[Person]:
    """Return copies of a caller with the same key and session, one for each node with that node's nonce."""
    return [replace(person) for _ in clients]


async def add_passkey(world: ClusterWorld, person: Person) -> SoftwareAuthenticator:
    """Add a passkey to an operator who has just signed in."""
    device = SoftwareAuthenticator(person.address, "127.0.0.1")
    asked = (await send(world, person, "/v1/desk/me/passkeys/options", {})).json()
    body = {"one_time_token": asked["one_time_token"], "credential": device.create(asked["options"]), "name": "Key"}
    added = await send(world, person, "/v1/desk/me/passkeys", body)
    assert added.status_code == 204, added.text
    return device


@pytest.mark.parametrize("kind", KINDS)
async def test_code_or_link_used_at_two_nodes_works_once(world: ClusterWorld, clients: Clients, kind: str) -> None:
    people = [world.stranger() for _ in clients]
    for _ in range(CODE_RACES):
        path, bodies = await KINDS[kind](world, people)
        assert_one_winner(kind, await race(world, clients, people, path, bodies))


async def _race_challenges(
    world: ClusterWorld, clients: Clients, people: Sequence[Person], device: SoftwareAuthenticator, path: str
) -> None:
    for number in range(RACES):
        asked = await send(world, people[number % 2], f"{path}/options", {}, clients[number % 2])
        assert asked.status_code == 200, asked.text
        body = {"one_time_token": asked.json()["one_time_token"], "credential": device.get(asked.json()["options"])}
        assert_one_winner(path, await race(world, clients, people, path, [body, body]))


async def test_passkey_challenge_signs_in_once(world: ClusterWorld, clients: Clients) -> None:
    device = await add_passkey(world, await world.new_operator(hire(world)))
    await _race_challenges(world, clients, same_browser(world.stranger(), clients), device, PASSKEY)


async def test_passkey_challenge_steps_up_once(world: ClusterWorld, clients: Clients) -> None:
    operator = await world.new_operator(hire(world))
    device = await add_passkey(world, operator)
    await _race_challenges(world, clients, same_browser(operator, clients), device, STEP_UP)
    shown = "SELECT count(*) FROM audit_log WHERE action = 'factor_shown' AND actor_id = ?"
    assert world.cluster.rows(shown, operator.id) == [(RACES,)]


async def _visit(
    world: ClusterWorld, visit: ProviderVisit, person: Person, path: str, http: httpx.AsyncClient | None = None
) -> dict[str, str]:
    """Begin at this node, sign in at the provider, and return the body of the callback."""
    begun = await send(world, person, path, {"provider": "own"}, http)
    assert begun.status_code == 200, begun.text
    back = await visit.sign_in(begun.json()["location"], "olga", world.cluster.address)
    return {"provider": "own", "state": back["state"], "code": back["code"], "iss": back.get("iss", "")}


@pytest_asyncio.fixture
async def visit() -> AsyncIterator[ProviderVisit]:
    """Start a browser for the provider."""
    made = ProviderVisit()
    yield made
    await made.close()


async def test_oidc_callback_signs_in_once(world: ClusterWorld, clients: Clients, visit: ProviderVisit) -> None:
    operator = await world.new_operator(hire(world))
    body = await _visit(world, visit, operator, "/v1/desk/me/oidc-accounts/start")
    linked = await send(world, operator, "/v1/desk/me/oidc-accounts/finish", body)
    assert linked.status_code == 204, linked.text
    people = same_browser(world.stranger(), clients)
    answers: list[httpx.Response] = []
    for number in range(RACES):
        node = number % 2
        body = await _visit(world, visit, people[node], "/v1/desk/sign-in/oidc/start", clients[node])
        answers = await race(world, clients, people, "/v1/desk/sign-in/oidc/finish", [body, body])
        assert_one_winner("OIDC callback", answers)
    winner = next(one for one in answers if one.is_success)
    assert (await signed_in(world, winner, replace(people[0]))).id == operator.id
