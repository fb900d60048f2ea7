"""A flood of long and distinct texts does not grow memory. tests/proof/test_bounded_memory.py sends 100,000."""

from collections.abc import Callable

from support.hostile_requests import SETTINGS, HostileRequests, resident_bytes
from support.server import ServerProcess

StartServer = Callable[..., ServerProcess]

WARM_UP = 3_000
"""Requests that fill everything bounded by a number: caches of 1,024 in router and parser, connections, interpreter."""

REQUESTS = 3_000

MAX_BYTES = 10 * 1024 * 1024
"""Bytes: 3.5 kB per request, though most of their texts have 30 kB. Measured: 3.9 MB; before the texts had limits, 26
MB."""


async def test_memory_does_not_grow_with_long_texts(start_server: StartServer) -> None:
    server = start_server(fresh=True, **SETTINGS)
    hostile = HostileRequests(server)
    await hostile.send(WARM_UP)
    before = resident_bytes(server.pid)
    await hostile.send(REQUESTS)
    grown = resident_bytes(server.pid) - before
    unanswered = [kind for kind, (_, status) in hostile.kinds.items() if not hostile.statuses[kind, status]]
    assert unanswered == [], "the premise: every kind of request reached its handler"
    assert grown < MAX_BYTES
