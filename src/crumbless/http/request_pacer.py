"""Spreads a burst of requests over several turns of the event loop, so that messages are not delayed.

The loop handles everything that is ready in one turn before it reads the sockets again. If 200 requests arrive at once,
every chat would wait for all of them. If one starts in each turn, it waits for one.
"""

import asyncio
from collections import deque


class RequestPacer:
    """Starts one request in each turn of the event loop, in order of arrival. Used only on the event loop."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Return when it is the caller's turn: at once if no other request came in this turn."""
        loop = asyncio.get_running_loop()
        if not self._taken:
            self._taken = True
            loop.call_soon(self._end_turn)
            return
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting.append(waiter)
        await waiter

    def _end_turn(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            # Skip requests that were cancelled in the meantime.
            if not waiter.done():
                waiter.set_result(None)
                asyncio.get_running_loop().call_soon(self._end_turn)
                return
        self._taken = False
