"""Measures the server's memory for an idle, authenticated connection, as proportional set size."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from seed_crumbless import Layout
from server_process import RunningServer
from stack import Stack
from stack_crumbless import CrumblessStack
from stack_peers import NODE_WS_GROUP, SOCKETIO_COMMIT

_WORKSPACES = 20
_FIRST = 60
"""Connections opened before the first reading, so that code and caches loaded by the first of them are not counted."""

_CALM = 0.01
_PAUSE = 0.5
_PATIENCE = 20


class Memory(msgspec.Struct, frozen=True):
    """Bytes of server memory per connection. `before` is the server with its first few connections, in bytes."""

    stack: str
    round: int
    connections: int
    bytes_each: float
    before: int


def measure_memory(connections: int, number: int) -> list[Memory]:
    """One round: Crumbless, Node ws and Socket.IO, each with `connections` idle streams."""
    people = -(-(connections + _FIRST) // _WORKSPACES)
    stacks: Sequence[Stack] = (CrumblessStack(Layout(_WORKSPACES, people, 1)), NODE_WS_GROUP, SOCKETIO_COMMIT)
    return [_measure(stack, connections, number) for stack in (stacks if number % 2 == 0 else stacks[::-1])]


def _measure(stack: Stack, connections: int, number: int) -> Memory:
    with tempfile.TemporaryDirectory() as name:
        server = stack.start(Path(name))
        try:
            first = stack.open_idle(server, _FIRST)
            before = _read_when_calm(server)
            # The first ones come back too: sessions of Crumbless may have several streams.
            rest = stack.open_idle(server, connections)
            after = _read_when_calm(server)
            for opened in (*first, *rest):
                opened.close()
        finally:
            server.stop()
    return Memory(stack.name, number, connections, (after - before) / connections, before)


def _read_when_calm(server: RunningServer) -> int:
    """The memory, once it no longer moves: collectors and allocators give back late."""
    last = server.memory_bytes()
    for _ in range(_PATIENCE):
        time.sleep(_PAUSE)
        now = server.memory_bytes()
        if abs(now - last) < _CALM * last:
            return now
        last = now
    return last
