"""A client that comes back by itself, as those in browsers do: with its cursor, and with what was not acknowledged."""

import asyncio
import time
from dataclasses import dataclass, field

from websockets.exceptions import InvalidHandshake

from support.client import Frame, Person, Stream, StreamOver, Transport
from support.people import World, new_entry_id

RETRY_SECONDS = 0.1


@dataclass
class ReconnectingClient:
    """One person over any number of streams."""

    world: World
    person: Person
    transport: Transport = "websocket"
    heard: list[Frame] = field(default_factory=list[Frame])
    """Entries in the order of delivery, over all streams."""
    acknowledged: set[str] = field(default_factory=set[str])
    codes: list[int] = field(default_factory=list[int])
    away: list[float] = field(default_factory=list[float])
    """How long it was without a stream, each time, in seconds."""
    _told: int = 0
    stream: Stream | None = None

    async def live(self, stop: asyncio.Event, *, talks: bool) -> None:
        """Stay connected and send messages until `stop`. All messages are acknowledged when this returns."""
        waiting: str | None = None
        while True:
            try:
                if self.stream is None:
                    await self._connect()
                assert self.stream is not None
                if waiting is None and talks and not stop.is_set():
                    waiting = new_entry_id()
                    self._told = 0
                if waiting is None:
                    if stop.is_set():
                        return
                    await self._hear_until(stop)
                else:
                    await self._say(waiting)
                    waiting = None
            except StreamOver as over:
                self._keep()
                self.codes.append(over.code)
                self.stream = None

    async def _connect(self) -> None:
        began = time.monotonic()
        while True:
            try:
                after = max((entry["seq"] for entry in self.heard), default=0)
                self.stream = await self.world.stream(self.person, self.transport, after)
            except (OSError, InvalidHandshake, StreamOver):
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.away.append(time.monotonic() - began)
                return

    async def _say(self, entry_id: str) -> None:
        assert self.stream is not None
        await self.stream.send("send", id=entry_id, conversation=self.person.conversation, text="words")
        while True:
            frame = await self.stream.receive()
            if frame["op"] == "ack" and frame["id"] == entry_id:
                self.acknowledged.add(entry_id)
                return
            assert frame["op"] != "error" or frame["code"] == "busy", frame

    async def _hear_until(self, stop: asyncio.Event) -> None:
        assert self.stream is not None
        stopped, news = asyncio.ensure_future(stop.wait()), asyncio.ensure_future(self.stream.receive(60))
        await asyncio.wait({stopped, news}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if news.done():
            news.result()
        news.cancel()

    def _keep(self) -> None:
        """Add this stream's entries to the client's."""
        if self.stream is not None:
            self.heard += self.stream.entries()

    async def arrive(self, last: int) -> None:
        """Return once the last entry has come; `heard` is whole then."""
        if self.stream is None:
            await self._connect()
        assert self.stream is not None
        if not any(entry["seq"] == last for entry in self.heard):
            await self.stream.until_entry(seq=last)
        self._keep()
