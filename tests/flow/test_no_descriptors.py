"""A server without free descriptors answers `busy`, writes no traceback, and recovers by itself."""

import asyncio
import os
import resource
from collections.abc import Callable, Generator
from contextlib import AsyncExitStack, contextmanager

import httpx

from support.client import Person, ask
from support.people import OLGA, World, say
from support.pictures import picture
from support.server import ServerProcess

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

AT_ONCE = 8
"""Simultaneous reads: twice as many as the server has connections for them."""

OIDC = '[{"id": "works", "name": "Works", "issuer": "http://127.0.0.1:9", "client_id": "crumbless"}]'
"""A provider that the server contacts at the first sign-in only. No process listens there."""


def open_descriptors(server: ServerProcess) -> set[int]:
    """Return the numbers of the descriptors that the server has open."""
    return {int(name) for name in os.listdir(f"/proc/{server.pid}/fd")}


@contextmanager
def no_free_descriptors(server: ServerProcess) -> Generator[None]:
    """Limit the server's descriptors to those below the first free number, so that none is left."""
    soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    taken = open_descriptors(server)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (min({*range(len(taken) + 1)} - taken), hard))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (soft, hard))


async def test_requests_without_free_descriptors_are_busy(start_server: StartServer, open_world: OpenWorld) -> None:
    # Not a fork, in which the modules of the first uses are imported already.
    server = start_server(fresh=True, oidc_providers=OIDC)
    world = open_world(server)
    vera, olga = await world.visitor(), await world.operator(OLGA)
    stream = await world.stream(vera)
    photo = (await send_photo(world, olga)).json()["photo"]
    before = server.log()
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(make_client()) for _ in range(AT_ONCE)]
        # Requests use connections that are open already: each client has one. A health probe reads no file.
        await asyncio.gather(*(one.get(f"{server.address}/healthz") for one in clients))
        with no_free_descriptors(server):
            reads = await asyncio.gather(*(ask(one, olga, "GET", "/v1/desk/me") for one in clients))
            world.http = clients[0]
            first_uses = {
                "picture process": await send_photo(world, olga),
                "stored file": await world.http.get(server.address + photo),
                "provider": await ask(world.http, olga, "POST", "/v1/desk/sign-in/oidc/start", {"provider": "works"}),
                "passkeys": await ask(world.http, olga, "POST", "/v1/desk/sign-in/passkey/options", {}),
                "square code": await ask(world.http, olga, "POST", "/v1/desk/me/totp/begin", {}),
                "password": await world.sign_in(OLGA, "wrong password"),
            }
            ready = await world.http.get(f"{server.address}/readyz")
            assert (await say(stream, "still here"))["op"] == "ack"
    assert [one.status_code for one in reads] == [200] * AT_ONCE
    assert ready.status_code == 200
    busy = {name for name, one in first_uses.items() if one.status_code == 503 and one.json()["type"].endswith(":busy")}
    # The password needs no descriptor.
    assert busy == first_uses.keys() - {"password"}, {name: one.text[:200] for name, one in first_uses.items()}
    assert "Traceback" not in server.log().removeprefix(before)
    async with make_client() as world.http:
        assert (await world.http.get(server.address + photo)).status_code == 200
        assert (await send_photo(world, olga)).status_code == 200


def make_client() -> httpx.AsyncClient:
    """Return a client that keeps its connection for as long as the server does."""
    return httpx.AsyncClient(trust_env=False, timeout=60, limits=httpx.Limits(keepalive_expiry=600))


async def send_photo(world: World, person: Person) -> httpx.Response:
    """Send a photo and return the response."""
    content = picture("PNG")
    return await ask(world.http, person, "POST", "/v1/desk/me/photo", content=content, content_type="image/png")
