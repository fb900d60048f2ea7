"""The bus between several nodes: tells this one by a call and the others through a carrier (NATS, PostgreSQL).

Nothing waits for it and nothing depends on it. What the carrier cannot take now is dropped: entries, ends of sessions
and changes of people are in the database, where the other nodes find them within a second; the rest is ephemeral.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from crumbless.domain.access import Session
from crumbless.domain.entry import Appended
from crumbless.domain.wire import SeenNow
from crumbless.live.bus_memory import MemoryBus, by_workspace
from crumbless.live.bus_wire import (
    AnyMessage,
    EntriesMessage,
    InvalidMessage,
    PersonMessage,
    ReachTold,
    SeenMessage,
    SessionMessage,
    TypingMessage,
    entries_message,
    entries_of,
    read_envelope,
    write_envelopes,
)
from crumbless.live.feed import Feed

EVERYBODY = 0
"""The channel that every node hears. Others are numbers of workspaces."""

MAX_WAITING = 20_000
"""Things told that wait for the carrier; more are dropped."""

SEND_SECONDS = 2.0
"""After which a carrier that takes nothing counts as away."""

log = logging.getLogger("crumbless.bus")

Packet = tuple[int, bytes]
"""A channel, and what is said on it."""


class BusTransport(Protocol):
    """Brings bytes from node to node, at most once (live/bus_nats.py, live/bus_postgres.py)."""

    most_bytes: int
    """Longest message, in bytes."""

    @property
    def connected(self) -> bool: ...

    def start(self, on_message: Callable[[bytes | str], None], on_possible_loss: Callable[[], None]) -> None:
        """Connect, and stay connected. Call on the loop.

        Args:
            hear: told each message.
            doubt: told whenever messages may have been lost before now: after each connection, and once a further
                channel is heard.
        """
        ...

    async def stop(self) -> None:
        """Let go of the connection, once what was sent is out."""
        ...

    def follow(self, channel: int) -> None:
        """Hear what is said on the channel from soon on; EVERYBODY is always heard."""
        ...

    def unfollow(self, channel: int) -> None: ...

    async def send(self, packets: Sequence[Packet]) -> None:
        """Raises whatever goes wrong; some may have been sent then."""
        ...


class NetworkBus:
    """The bus of one node of several."""

    lossy = True

    def __init__(self, node: str, local: MemoryBus, feed: Feed, transport: BusTransport) -> None:
        self._node = node
        self._local = local
        self._feed = feed
        self._transport = transport
        self._waiting: dict[int, list[AnyMessage]] = {}
        self._size = 0
        self._news = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self._understood = True

    @property
    def connected(self) -> bool:
        """Whether other nodes can be told and heard now."""
        return self._transport.connected

    def start(self, on_possible_loss: Callable[[], None]) -> None:
        """Begin to tell and to hear. Call on the loop. `doubt` is told when something may have been lost."""
        self._transport.start(self.receive, on_possible_loss)
        self._sending = asyncio.get_running_loop().create_task(self._send_for_ever())

    async def stop(self) -> None:
        """Tell what waits, if the carrier takes it, and let go."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        await self._send_waiting()
        await self._transport.stop()

    # --- what this node tells -------------------------------------------------------------------------------------

    def publish(self, appended: Sequence[Appended]) -> None:
        """Entries were committed: in position order within each workspace."""
        for workspace, own in by_workspace(appended):
            self._feed.receive(workspace, own)
            self._publish(workspace, entries_message(workspace, own))

    def show_typing(self, actor: Session, conversation: str, on: bool, site: int, team: str | None) -> None:
        """Ephemeral: may be lost, is never stored."""
        self._local.show_typing(actor, conversation, on, site, team)
        told = TypingMessage(
            actor.workspace, conversation, actor.id, actor.role, actor.subject, actor.name, on, site, team
        )
        self._publish(actor.workspace, told)

    def show_seen(self, workspace: int, seen: SeenNow, visitor_seq: int | None, site: int, team: str | None) -> None:
        """The mark is in the database already; this only tells it at once."""
        self._local.show_seen(workspace, seen, visitor_seq, site, team)
        self._publish(workspace, SeenMessage(workspace, seen.conversation, seen.by, seen.seq, visitor_seq, site, team))

    def end_session(self, session: Session) -> None:
        """The session was ended in the database; its streams end now."""
        self._local.end_session(session)
        # Nodes without a stream in its workspace may remember it too.
        self._publish(EVERYBODY, SessionMessage(session.workspace, session.id, session.role, session.subject))

    def change_reach(self, workspace: int, visitors: Sequence[str]) -> None:
        """Sessions of these visitors reach more conversations now."""
        self._local.change_reach(workspace, visitors)
        self._publish(workspace, ReachTold(workspace, [*visitors]))

    def change_operator(self, workspace: int, operator_id: str) -> None:
        """What is known of the operator is read again when their streams come back."""
        self._local.change_operator(workspace, operator_id)
        self._publish(EVERYBODY, PersonMessage(workspace, operator_id))

    def follow(self, workspace: int) -> None:
        """Somebody at this node listens to the workspace."""
        self._transport.follow(workspace)

    def unfollow(self, workspace: int) -> None:
        """Nobody at this node listens to it any more."""
        self._transport.unfollow(workspace)

    def _publish(self, channel: int, message: AnyMessage) -> None:
        weight = len(message.entries) if isinstance(message, EntriesMessage) else 1
        if not self._transport.connected or self._size + weight > MAX_WAITING:
            return
        self._size += weight
        self._waiting.setdefault(channel, []).append(message)
        self._news.set()

    async def _send_for_ever(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._send_waiting()

    async def _send_waiting(self) -> None:
        """Everything that came up while the last was sent goes together."""
        waiting, self._waiting, self._size = self._waiting, {}, 0
        if not waiting:
            return
        most = self._transport.most_bytes
        packets = [
            (channel, one) for channel, told in waiting.items() for one in write_envelopes(self._node, told, most)
        ]
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._transport.send(packets)
        except Exception as error:
            log.warning(
                "publish to message bus failed: %s; other nodes will read from the database", type(error).__name__
            )

    # --- what other nodes tell ------------------------------------------------------------------------------------

    def receive(self, payload: bytes | str) -> None:
        """A message came."""
        try:
            envelope = read_envelope(payload)
        except InvalidMessage:
            if self._understood:
                self._understood = False
                log.warning("ignored a message from a node with another version; reading its entries from the database")
            return
        if envelope.node == self._node:
            return
        for told in envelope.told:
            self._dispatch(told)

    def _dispatch(self, message: AnyMessage) -> None:
        if isinstance(message, EntriesMessage):
            if message.entries:
                self._feed.receive(message.workspace, entries_of(message))
            else:
                self._feed.advance_to(message.workspace, message.position)
        elif isinstance(message, TypingMessage):
            by = Session(message.session, message.role, message.workspace, message.subject, message.name, None, 0)
            self._local.show_typing(by, message.conversation, message.on, message.site, message.team)
        elif isinstance(message, SeenMessage):
            seen = SeenNow(message.conversation, message.by, message.seq)
            self._local.show_seen(message.workspace, seen, message.visitor_seq, message.site, message.team)
        elif isinstance(message, SessionMessage):
            ended = Session(message.session, message.role, message.workspace, message.subject, "", None, 0)
            self._local.end_session(ended)
        elif isinstance(message, ReachTold):
            self._local.change_reach(message.workspace, message.visitors)
        else:
            self._local.change_operator(message.workspace, message.operator)
