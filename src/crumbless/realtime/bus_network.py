"""The bus between several nodes: delivers to this node by a call and to the others over a transport.

No write waits for it or depends on it. Messages that the transport cannot accept are dropped. Entries, ends of sessions
and changes of operators are in the database, where the other nodes find them within a second. All other messages are
ephemeral.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from crumbless.core.periodic import Periodic
from crumbless.ledger.entry import Appended
from crumbless.protocol.frames import SeenNow
from crumbless.realtime.bus_memory import MemoryBus, by_workspace
from crumbless.realtime.bus_messages import (
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
from crumbless.realtime.feed import Feed
from crumbless.security.access import Session

EVERYBODY = 0
"""The channel that every node receives. Other channels are the IDs of workspaces."""

MAX_WAITING = 20_000
"""Messages that may wait for the transport. More are dropped."""

SEND_SECONDS = 2.0
"""After which a transport that accepts no messages counts as unavailable."""

IDLE_SECONDS = 60.0
"""Messages wake the loop. This is its pause without messages."""

log = logging.getLogger("crumbless.bus")

Packet = tuple[int, bytes]
"""A channel, and the message for it."""


class BusTransport(Protocol):
    """Sends bytes from node to node, at most once (realtime/bus_nats.py, realtime/bus_postgres.py)."""

    most_bytes: int
    """Longest message, in bytes."""

    @property
    def connected(self) -> bool: ...

    def start(self, on_message: Callable[[bytes | str], None], on_possible_loss: Callable[[], None]) -> None:
        """Connect, and reconnect when the connection is lost. Call on the event loop.

        Args:
            on_message: receives each message.
            on_possible_loss: called when messages may have been lost: after each connection and each new subscription.
        """
        ...

    async def stop(self) -> None:
        """Disconnect after the waiting messages are sent."""
        ...

    def follow(self, channel: int) -> None:
        """Subscribe to the channel soon. `EVERYBODY` is always subscribed."""
        ...

    def unfollow(self, channel: int) -> None: ...

    async def send(self, packets: Sequence[Packet]) -> None:
        """Send the packets. Raises any error; some packets may have been sent then."""
        ...


class NetworkBus:
    """The bus of a node in a cluster."""

    lossy = True

    def __init__(self, node: str, local: MemoryBus, feed: Feed, transport: BusTransport) -> None:
        self._node = node
        self._local = local
        self._feed = feed
        self._transport = transport
        self._waiting: dict[int, list[AnyMessage]] = {}
        self._size = 0
        self._sending: asyncio.Task[None] | None = None
        self._loop = Periodic("the sending to other nodes", self._send_waiting, IDLE_SECONDS)
        self._versions_match = True

    @property
    def connected(self) -> bool:
        """Return whether the transport is connected to other nodes."""
        return self._transport.connected

    def start(self, on_possible_loss: Callable[[], None]) -> None:
        """Start sending and receiving. Call on the event loop. `on_possible_loss` is called if messages may be lost."""
        self._transport.start(self.receive, on_possible_loss)
        self._sending = asyncio.get_running_loop().create_task(self._loop.run())

    async def stop(self) -> None:
        """Send waiting messages, if the transport accepts them, and disconnect."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        await self._send_waiting()
        await self._transport.stop()

    # --- sending --------------------------------------------------------------------------------------------------

    def publish(self, appended: Sequence[Appended]) -> None:
        """Publish committed entries, in position order within each workspace."""
        for workspace, own in by_workspace(appended):
            self._feed.receive(workspace, own)
            self._publish(workspace, entries_message(workspace, own))

    def show_typing(self, actor: Session, conversation: str, on: bool, site: int, team: str | None) -> None:
        """Publish a typing notice. It may be lost and is never stored."""
        self._local.show_typing(actor, conversation, on, site, team)
        message = TypingMessage(
            workspace=actor.workspace,
            conversation=conversation,
            session=actor.id,
            role=actor.role,
            subject=actor.subject,
            name=actor.name,
            on=on,
            site=site,
            team=team,
        )
        self._publish(actor.workspace, message)

    def show_seen(self, workspace: int, seen: SeenNow, visitor_seq: int | None, site: int, team: str | None) -> None:
        """Publish a seen mark that is stored already."""
        self._local.show_seen(workspace, seen, visitor_seq, site, team)
        self._publish(
            workspace,
            SeenMessage(
                workspace=workspace,
                conversation=seen.conversation,
                by=seen.by,
                seq=seen.seq,
                visitor_seq=visitor_seq,
                site=site,
                team=team,
            ),
        )

    def end_session(self, session: Session) -> None:
        """Close the streams of a session that was ended in the database, on all nodes."""
        self._local.end_session(session)
        # Nodes without a stream in the session's workspace may have cached it too.
        self._publish(EVERYBODY, SessionMessage(session.workspace, session.id, session.role, session.subject))

    def change_reach(self, workspace: int, visitors: Sequence[str]) -> None:
        """Refresh sessions of these visitors, which can access more conversations now."""
        self._local.change_reach(workspace, visitors)
        self._publish(workspace, ReachTold(workspace, [*visitors]))

    def change_operator(self, workspace: int, operator_id: str) -> None:
        """Disconnect the operator's streams on all nodes, so that they reconnect with the new rights."""
        self._local.change_operator(workspace, operator_id)
        self._publish(EVERYBODY, PersonMessage(workspace, operator_id))

    def follow(self, workspace: int) -> None:
        """Subscribe to a workspace that has a listener on this node."""
        self._transport.follow(workspace)

    def unfollow(self, workspace: int) -> None:
        """Unsubscribe from a workspace that has no listeners left on this node."""
        self._transport.unfollow(workspace)

    def _publish(self, channel: int, message: AnyMessage) -> None:
        weight = len(message.entries) if isinstance(message, EntriesMessage) else 1
        if not self._transport.connected or self._size + weight > MAX_WAITING:
            return
        self._size += weight
        self._waiting.setdefault(channel, []).append(message)
        self._loop.wake()

    async def _send_waiting(self) -> None:
        """Send all messages that have collected while the last ones were sent."""
        waiting, self._waiting, self._size = self._waiting, {}, 0
        if not waiting:
            return
        most = self._transport.most_bytes
        packets = [
            (channel, one)
            for channel, messages in waiting.items()
            for one in write_envelopes(self._node, messages, most)
        ]
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._transport.send(packets)
        except Exception as error:
            log.warning(
                "publish to message bus failed: %s; other nodes will read from the database", type(error).__name__
            )

    # --- receiving ------------------------------------------------------------------------------------------------

    def receive(self, payload: bytes | str) -> None:
        """Process a message of another node."""
        try:
            envelope = read_envelope(payload)
        except InvalidMessage:
            if self._versions_match:
                self._versions_match = False
                log.warning("ignored a message from a node with another version; reading its entries from the database")
            return
        if envelope.node == self._node:
            return
        for message in envelope.told:
            self._dispatch(message)

    def _dispatch(self, message: AnyMessage) -> None:
        if isinstance(message, EntriesMessage):
            if message.entries:
                self._feed.receive(message.workspace, entries_of(message))
            else:
                self._feed.advance_to(message.workspace, message.position)
        elif isinstance(message, TypingMessage):
            by = Session(
                id=message.session,
                role=message.role,
                workspace=message.workspace,
                subject=message.subject,
                name=message.name,
                thumbprint=None,
                expires_at=0,
            )
            self._local.show_typing(by, message.conversation, message.on, message.site, message.team)
        elif isinstance(message, SeenMessage):
            seen = SeenNow(message.conversation, message.by, message.seq)
            self._local.show_seen(message.workspace, seen, message.visitor_seq, message.site, message.team)
        elif isinstance(message, SessionMessage):
            ended = Session(
                id=message.session,
                role=message.role,
                workspace=message.workspace,
                subject=message.subject,
                name="",
                thumbprint=None,
                expires_at=0,
            )
            self._local.end_session(ended)
        elif isinstance(message, ReachTold):
            self._local.change_reach(message.workspace, message.visitors)
        else:
            self._local.change_operator(message.workspace, message.operator)
