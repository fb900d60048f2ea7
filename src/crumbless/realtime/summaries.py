"""Summaries of a visitor's other conversations, for streams that serve one.

Changes are collected and read in one query at a time, so a burst of messages costs one read instead of one each. For
visitors with one conversation there is no work.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from crumbless.protocol.timeline import VisitorSummary
from crumbless.realtime.connections import Connections, Listener

log = logging.getLogger("crumbless.summaries")

MOST_READ = 100
"""Conversations, or sessions, in one query."""

RETRY_SECONDS = 0.5

ReadReach = Callable[[Sequence[str]], Awaitable[Mapping[str, tuple[str, ...]]]]
"""session IDs -> the conversations that each can access, without ended sessions."""

ReadSummaries = Callable[[Sequence[str]], Awaitable[Sequence[VisitorSummary]]]
"""conversation IDs -> their summaries."""


class Summaries:
    """Sends each change of a conversation to the visitor's streams that serve another one. Used on the event loop
    only."""

    def __init__(self, connections: Connections, read_reach: ReadReach, read_summaries: ReadSummaries) -> None:
        self._connections = connections
        self._read_reach = read_reach
        self._read_summaries = read_summaries
        # In the order of their changes, each once.
        self._visitors: dict[str, None] = {}
        self._conversations: dict[str, None] = {}
        self._sending: asyncio.Task[None] | None = None
        connections.on_beside = self.change

    def change(self, conversation: str) -> None:
        """Record that a visible entry was appended to the conversation, or that its visitor has read it."""
        self._conversations[conversation] = None
        self._wake()

    def change_reach(self, visitors: Sequence[str]) -> None:
        """Record that sessions of these visitors can access more conversations now."""
        if self._connections.streams_of_visitors(visitors):
            self._visitors.update(dict.fromkeys(visitors))
            self._wake()

    async def stop(self) -> None:
        """Stop sending."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    def _wake(self) -> None:
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        try:
            # Not a Periodic: it ends when no change waits, and a change must not skip the pause after an error.
            while self._visitors or self._conversations:
                try:
                    await self._send_changes()
                except Exception as error:
                    log.warning("could not read summaries (%s); retrying", type(error).__name__)
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._sending = None

    async def _send_changes(self) -> None:
        """Read the collected changes. They are discarded only after the read; changes in the meantime are read
        again."""
        visitors, self._visitors = self._visitors, {}
        conversations, self._conversations = self._conversations, {}
        try:
            if visitors:
                await self._refresh(self._connections.streams_of_visitors(visitors))
            for some in _portions([*conversations]):
                for summary in await self._read_summaries(some):
                    self._connections.show_summary(summary)
        except Exception:
            self._visitors = visitors | self._visitors
            self._conversations = conversations | self._conversations
            raise

    async def _refresh(self, listeners: Sequence[Listener]) -> None:
        reach: dict[str, tuple[str, ...]] = {}
        for some in _portions([*{listener.session.id for listener in listeners}]):
            reach.update(await self._read_reach(some))
        for listener in listeners:
            found = reach.get(listener.session.id)
            # The stream may have closed during the read.
            if found is not None and listener in self._connections.streams_of(listener.session):
                self._extend(listener, found)

    def _extend(self, listener: Listener, found: tuple[str, ...]) -> None:
        session = listener.session
        known = self._connections.watched_by(listener)
        # A stream may serve a conversation that is older than those that were read.
        serves = listener.conversation
        reach = found if not serves or serves in found else (*found, serves)

        def change() -> None:
            session.reach = reach

        self._connections.turn(listener, change)
        for one in reach:
            if one != serves and one not in known:
                self.change(one)


def _portions(names: list[str]) -> list[list[str]]:
    return [names[start : start + MOST_READ] for start in range(0, len(names), MOST_READ)]
