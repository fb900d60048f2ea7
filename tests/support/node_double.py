"""The realtime parts of several nodes in one process, with a database in memory and a bus that can fail."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from crumbless.ledger.entry import Appended
from crumbless.protocol.timeline import VisitorSummary
from crumbless.realtime.bus_network import EVERYBODY, Packet
from crumbless.realtime.connections import EncodedFrame
from crumbless.realtime.mark_poll import MarksRead
from crumbless.realtime.realtime_node import RealtimeNode, RealtimeReads
from crumbless.realtime.session_state import SessionChanges, SessionState, reach_summary
from crumbless.security.access import Session
from support.value_make import make_appended


class Network:
    """The shared network. `lose` returns whether a packet is lost. While `held` is a list, packets are delayed."""

    def __init__(self) -> None:
        self.transports: list[FakeTransport] = []
        self.lose: Callable[[], bool] = lambda: False
        self.held: list[Packet] | None = None
        self.packets: list[Packet] = []

    def carry(self, packet: Packet) -> None:
        """Deliver a packet to all followers of its channel, unless it is lost or delayed."""
        self.packets.append(packet)
        if self.lose():
            return
        if self.held is not None:
            self.held.append(packet)
            return
        for transport in self.transports:
            transport.take(packet)

    def deliver_held(self, *, backwards: bool = False) -> None:
        """Deliver the delayed packets."""
        held, self.held = self.held or [], None
        for packet in reversed(held) if backwards else held:
            for transport in self.transports:
                transport.take(packet)


class FakeTransport:
    """One node's end of the network."""

    most_bytes = 7_900

    def __init__(self, network: Network) -> None:
        self.network = network
        self.connected = True
        self.followed = {EVERYBODY}
        network.transports.append(self)

    def start(self, on_message: Callable[[bytes | str], None], on_possible_loss: Callable[[], None]) -> None:
        self.on_message, self.on_possible_loss = on_message, on_possible_loss

    async def stop(self) -> None:
        self.connected = False

    def follow(self, channel: int) -> None:
        self.followed.add(channel)

    def unfollow(self, channel: int) -> None:
        self.followed.discard(channel)

    async def send(self, packets: Sequence[Packet]) -> None:
        await asyncio.sleep(0)
        for packet in packets:
            self.network.carry(packet)

    def take(self, packet: Packet) -> None:
        if self.connected and packet[0] in self.followed:
            self.on_message(packet[1])


class Store:
    """The shared database: entries by workspace, sessions by token, and the time of each operator's last change."""

    def __init__(self) -> None:
        self.entries: dict[int, list[Appended]] = {}
        self.sessions: dict[bytes, Session] = {}
        self.ended: dict[str, int] = {}
        self.changed: dict[str, int] = {}
        self.away = False
        # The conversations that each session reaches, and those whose summaries were read.
        self.reach: dict[str, tuple[str, ...]] = {}
        self.summaries_read: list[list[str]] = []

    def commit(self, count: int = 1, workspace: int = 1) -> list[Appended]:
        """Append entries to a workspace and return them."""
        entries = self.entries.setdefault(workspace, [])
        new = [make_appended(len(entries) + number + 1, workspace=workspace) for number in range(count)]
        entries += new
        return new

    def reads(self) -> RealtimeReads:
        """Return the reads of a node."""
        return RealtimeReads(
            entries_after=self._entries_after,
            positions=self._positions,
            session=self._session,
            changes=self._changes,
            marks=self._marks,
            visitor_seqs=self._visitor_seqs,
            reach=self._reach,
            summaries=self._summaries,
        )

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise OSError("away")

    async def _entries_after(self, workspace: int, position: int) -> Sequence[Appended]:
        await self._answer()
        return self.entries.get(workspace, [])[position : position + 3]

    async def _positions(self, workspaces: Sequence[int]) -> Mapping[int, int]:
        await self._answer()
        return {one: len(self.entries.get(one, [])) for one in workspaces}

    async def _marks(self, since: Mapping[int, int]) -> MarksRead:
        return MarksRead(await self._positions([*since]), [])

    async def _visitor_seqs(self, places: Sequence[tuple[str, int]]) -> Sequence[int]:
        return [seq for _, seq in places]

    async def _session(self, token_hash: bytes) -> Session | None:
        await self._answer()
        session = self.sessions.get(token_hash)
        if session is None or session.id in self.ended:
            return None
        return self.copy_of(session)

    async def _reach(self, ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        await self._answer()
        return {session.id: self.reach[session.id] for session in self.sessions.values() if session.id in ids}

    async def _summaries(self, ids: Sequence[str]) -> Sequence[VisitorSummary]:
        await self._answer()
        self.summaries_read.append([*ids])
        return [VisitorSummary(one, 1, "open", 1, 1, 1, None) for one in ids]

    def copy_of(self, session: Session) -> Session:
        """Return a copy of the session, as each read of its row returns another object."""
        return Session(
            session.id,
            session.role,
            session.workspace,
            session.subject,
            session.name,
            session.thumbprint,
            session.expires_at,
            session.reach,
            changed_at=self.changed.get(session.subject, 0),
        )

    async def _changes(self, ids: Sequence[str], since: int) -> SessionChanges:
        await self._answer()
        states = {
            session.id: SessionState(
                session.id in self.ended,
                self.changed.get(session.subject, 0),
                session.authenticated_at,
                reach_summary(self.reach[session.id][0], len(self.reach[session.id]))
                if session.id in self.reach
                else None,
            )
            for session in self.sessions.values()
            if session.id in ids
        }
        ended = [session_id for session_id, at in self.ended.items() if at >= since]
        return SessionChanges(states, ended, [(one, at) for one, at in self.changed.items() if at >= since])


class RecordingListener:
    """A listener that stores the frames and entries it receives."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.conversation = next(iter(session.reach), "")
        self.positions: list[int] = []
        self.frames: list[bytes] = []
        self.ended: list[int] = []

    def on_entries(self, appended: Sequence[Appended], frame: EncodedFrame) -> None:
        self.positions += [one.position for one in appended]

    def push(self, frame: EncodedFrame) -> None:
        self.frames.append(frame.text)

    def end(self, code: int, reason: str) -> None:
        self.ended.append(code)


class DoubleNode:
    """A node's realtime part with the shared store and network."""

    def __init__(self, store: Store, network: Network) -> None:
        self.store = store
        self.transport = FakeTransport(network)
        self.live = RealtimeNode(store.reads(), 1 << 50, 1 << 50, self.transport)
        self.live.start()
        self._loops = [asyncio.create_task(loop.run()) for loop in self.live.loops()]

    async def stop(self) -> None:
        """End its loops and its bus."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self.live.stop()

    async def listen(self, session: Session) -> RecordingListener:
        """Add a listener of the session and return it."""
        listener = RecordingListener(session)
        self.live.connections.add(listener)
        await self.live.subscriptions.begin(session.workspace)
        return listener

    def append(self, count: int = 1, workspace: int = 1) -> None:
        """Commit entries here and publish them."""
        self.live.bus.publish(self.store.commit(count, workspace))


async def eventually(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Return once the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - no event reports the change
            await asyncio.sleep(0.002)
