"""A small TCP proxy that injects network faults: delays, the loss of one direction, and resets."""

import asyncio
import contextlib
from dataclasses import dataclass, field

CHUNK = 65_536


@dataclass
class LinkFaults:
    """The current faults of one link."""

    delay: float = 0.0
    """The delay of each chunk in seconds, in both directions. The order within a connection does not change."""
    cut_up: bool = False
    """The client's bytes are dropped silently."""
    cut_down: bool = False
    """The server's bytes are dropped silently."""
    closed: bool = False
    """New connections are rejected."""


@dataclass
class Proxy:
    """Forwards a port of this machine to another one.

    Args:
        target: the port of the server.
    """

    target: int
    weather: LinkFaults = field(default_factory=LinkFaults)
    port: int = 0
    _server: asyncio.Server | None = None
    _links: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def start(self) -> None:
        """Listen and set `port`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the listening socket and all connections."""
        if self._server is not None:
            self._server.close()
        self.reset()
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def reset(self) -> None:
        """Abort all connections."""
        for writer in [*self._links]:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._connect(reader, writer)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.weather.closed:
            writer.transport.abort()
            return
        behind, to_behind = await asyncio.open_connection("127.0.0.1", self.target)
        self._links |= {writer, to_behind}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, to_behind, up=True))
                both.create_task(self._pump(behind, writer, up=False))
        except* OSError:
            pass
        finally:
            for one in (writer, to_behind):
                self._links.discard(one)
                one.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        while data := await reader.read(CHUNK):
            if self.weather.delay:
                await asyncio.sleep(self.weather.delay)
            if self.weather.cut_up if up else self.weather.cut_down:
                # TCP would resend the data until the link is restored or times out. Here it times out.
                continue
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()
