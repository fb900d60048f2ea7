"""A small TCP balancer: new connections go to the nodes in turn, past those that take none."""

import asyncio
import contextlib
import itertools
import threading

CHUNK = 65_536


class Balancer:
    """Listens on one port for several nodes, in a separate thread, so that any thread may block on its traffic.

    Args:
        ports: the nodes' ports. They may be changed at any time.
    """

    def __init__(self, *ports: int) -> None:
        self.ports = [*ports]
        self.port = 0
        self.only: int | None = None
        """While set, every new connection goes to this port."""
        self.cut = False
        """While set, bytes are dropped silently, and new connections are accepted."""
        self._turns = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="balancer")

    @property
    def address(self) -> str:
        """The origin that browsers know."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen; `port` is known from now on."""
        self._thread.start()
        assert self._started.wait(10)

    def stop(self) -> None:
        """End everything that goes through it."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def reset(self) -> None:
        """End every connection that there is now."""
        self._loop.call_soon_threadsafe(self._end_all)

    def _end_all(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = int(server.sockets[0].getsockname()[1])
        self._started.set()
        await self._stopping.wait()
        server.close()
        self._end_all()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._join(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        node, to_node = await self._next_node()
        pumps = [asyncio.ensure_future(self._pump(*pair)) for pair in ((reader, to_node), (node, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            # The other direction may have something left.
            await asyncio.wait(pumps, timeout=1)
        finally:
            for pump in pumps:
                pump.cancel()
            to_node.transport.abort()

    async def _next_node(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the node whose turn it is, or to the next that takes one."""
        ports = [self.only] if self.only is not None else self.ports
        first = next(self._turns)
        for number in range(len(ports)):
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", ports[(first + number) % len(ports)])
        raise ConnectionRefusedError

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                if not self.cut:
                    writer.write(data)
                    await writer.drain()
            writer.write_eof()
