"""A transport of the bus over PostgreSQL's LISTEN and NOTIFY. It needs no other service and suits a few nodes.

It uses two connections: one listens, one sends. They must reach the server itself, or a pooler in session mode.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg

from crumbless.core.periodic import Periodic
from crumbless.realtime.bus_network import EVERYBODY, Packet

RETRY_SECONDS = 0.5

CONNECT_SECONDS = 5.0

PING_SECONDS = 3.0
"""How often the listening connection is checked."""

RESPONSE_SECONDS = 3.0

MAX_BYTES = 7_900
"""PostgreSQL accepts payloads of less than 8,000 bytes."""

CHANNELS = 64
"""Workspaces share this number of names, so that following a thousand of them does not take a thousand statements."""

# Without waiting for the disk: a restart loses these messages anyway.
_SETTINGS = {"application_name": "crumbless bus", "synchronous_commit": "off"}

log = logging.getLogger("crumbless.bus")


class PostgresTransport:
    """One node's connections.

    Args:
        database_url: `postgresql://…`, as asyncpg and libpq read it.
    """

    most_bytes = MAX_BYTES

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._followed: dict[int, set[int]] = {}
        self._listened: set[str] = set()
        self._changed = asyncio.Event()
        self._sending: Any = None
        self._running: asyncio.Task[None] | None = None
        self._loop = Periodic("the connection of the bus to PostgreSQL", self._serve, RETRY_SECONDS)

    @property
    def connected(self) -> bool:
        """Return whether both connections are open."""
        return self._sending is not None

    def start(self, on_message: Callable[[str], None], on_possible_loss: Callable[[], None]) -> None:
        """Connect, and reconnect when the connection is lost."""
        self._on_message = on_message
        self._on_possible_loss = on_possible_loss
        self._running = asyncio.get_running_loop().create_task(self._loop.run())

    async def stop(self) -> None:
        """Disconnect. The server has received all sent messages."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    def follow(self, channel: int) -> None:
        """Subscribe to the channel soon."""
        self._followed.setdefault(channel % CHANNELS, set()).add(channel)
        self._changed.set()

    def unfollow(self, channel: int) -> None:
        """Unsubscribe from the channel."""
        sharing = self._followed.get(channel % CHANNELS, set())
        sharing.discard(channel)
        if not sharing:
            self._followed.pop(channel % CHANNELS, None)
        self._changed.set()

    async def send(self, packets: Sequence[Packet]) -> None:
        """Send all packets in one transaction."""
        connection = self._sending
        if connection is None:
            raise ConnectionError
        try:
            await connection.executemany(
                "SELECT pg_notify($1, $2)", [(_name(channel), payload.decode()) for channel, payload in packets]
            )
        except BaseException:
            # After any error, a new connection is needed.
            connection.terminate()
            self._changed.set()
            raise

    async def _serve(self) -> None:
        """Run one pair of connections until one of them fails."""
        listening = await self._connect()
        sending: Any = None
        try:
            sending = await self._connect()
            listening.add_termination_listener(self._on_termination)
            self._listened = set()
            await self._listen(listening)
            self._sending = sending
            log.info("connected to the bus in PostgreSQL")
            # Not a Periodic: one turn of the one that connects. `wake` would skip the pause before it connects again.
            while True:
                await self._wait()
                if sending.is_closed():
                    raise ConnectionError
                await self._listen(listening)
        finally:
            self._sending = None
            for connection in (listening, sending):
                if connection is not None:
                    connection.terminate()

    async def _connect(self) -> Any:
        connect: Any = asyncpg.connect  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return await connect(self._database_url, timeout=CONNECT_SECONDS, server_settings=_SETTINGS)

    async def _wait(self) -> None:
        """Wait until the channels change, a connection fails, or it is time for a check."""
        try:
            async with asyncio.timeout(PING_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()

    async def _listen(self, connection: Any) -> None:
        """Subscribe and unsubscribe as requested. Raises an error if the connection is dead."""
        names = {_name(EVERYBODY), *(_name(channel) for channels in self._followed.values() for channel in channels)}
        new, gone = names - self._listened, self._listened - names
        async with asyncio.timeout(RESPONSE_SECONDS):
            for name in new:
                await connection.add_listener(name, self._take)
            for name in gone:
                await connection.remove_listener(name, self._take)
            if not new and not gone:
                await connection.execute("SELECT 1")
        self._listened = names
        if new:
            self._on_possible_loss()

    def _on_termination(self, _connection: object) -> None:
        self._changed.set()

    def _take(self, _connection: object, _process: int, _channel: str, payload: object) -> None:
        try:
            self._on_message(str(payload))
        except Exception:
            log.exception("could not process a message")


def _name(channel: int) -> str:
    return f"crumbless_{channel % CHANNELS}" if channel else "crumbless"
