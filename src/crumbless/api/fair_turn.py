"""Keeps a crowd of requests from standing between a message and its readers.

What the loop finds ready in one turn it does before it looks at the sockets again. Two hundred requests that arrive at
once would make every chat wait for all of them; begun one in each turn, they make it wait for one.
"""

import asyncio
from collections import deque


class RequestPacer:
    """Lets one begin in each turn of the loop, in the order in which they came. Used on the loop only."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Return when it is the caller's turn: at once, unless others came in this turn."""
        loop = asyncio.get_running_loop()
        if not self._taken:
            self._taken = True
            loop.call_soon(self._turn_over)
            return
        mine: asyncio.Future[None] = loop.create_future()
        self._waiting.append(mine)
        await mine

    def _turn_over(self) -> None:
        while self._waiting:
            next_one = self._waiting.popleft()
            # Whoever was cancelled meanwhile leaves the turn to the next.
            if not next_one.done():
                next_one.set_result(None)
                asyncio.get_running_loop().call_soon(self._turn_over)
                return
        self._taken = False
