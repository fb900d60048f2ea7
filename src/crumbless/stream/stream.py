"""One stream over any transport: challenge, authentication, catch-up, then commands in and frames out.

The transports (stream_websocket.py, stream_http.py) pass received bytes in, and send frames through `StreamTransport`.
The rules for frames of clients are in stream/stream_protocol.py.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from crumbless.accounts.operator_store import find_operator
from crumbless.conversations.inbox_read import seen_marks_since
from crumbless.conversations.visitor_conversations import conversation_to_show
from crumbless.core.errors import ApiError
from crumbless.core.exhaustion import BUSY_SECONDS, is_exhausted, log_failure
from crumbless.core.ids import confirmed_ms
from crumbless.http.services import Services
from crumbless.ledger.entry import Appended, seq_for
from crumbless.ledger.timeline_read import entries_after_position, entries_for_visitor, position_of
from crumbless.protocol.frames import (
    ENTRIES_PER_FRAME,
    Ack,
    Auth,
    Challenge,
    ClientFrame,
    DiskNow,
    Failure,
    Limits,
    Ping,
    Pong,
    SeenNow,
    ServerFrame,
    Welcome,
    You,
)
from crumbless.protocol.timeline import VisitorConversation
from crumbless.realtime.command import Command, EntryCommand
from crumbless.realtime.connections import EncodedFrame, encode_for_operators, encode_for_visitor, encode_frame
from crumbless.realtime.session_state import MOST_REMEMBERED
from crumbless.security.access import Session
from crumbless.security.visibility import visible
from crumbless.stream.stream_auth import NO_CONVERSATION, check_bans, known_conversation, verify_auth
from crumbless.stream.stream_limits import StreamLimits
from crumbless.stream.stream_protocol import StreamEnded, StreamProtocol, failure
from crumbless.stream.stream_transport import StreamTransport
from crumbless.visitors.visitor_reach import reaches

log = logging.getLogger("crumbless.stream")

MAX_MISSED = 20_000
"""Limit of live entries that wait while a stream catches up."""

ROOM_BYTES = 512 * 1024
"""A catch-up pauses while more than this waits to be sent."""

# Strong references to running tasks, because the event loop has only weak ones.
_commands: set[asyncio.Task[None]] = set()


class StreamConnection:
    """A client's stream from the challenge to the end."""

    __slots__ = (
        "_auth",
        "_missed",
        "_network",
        "_rules",
        "_sent_until",
        "_services",
        "_transport",
        "conversation",
        "session",
    )

    session: Session
    conversation: str
    """The conversation of a visitor's stream. Empty while it is unknown, and for operators."""

    def __init__(self, services: Services, transport: StreamTransport) -> None:
        self._services = services
        self._transport = transport
        self._rules = StreamProtocol(time.monotonic(), services.commands)
        # Live entries that wait until the catch-up is complete. None afterwards.
        self._missed: list[Appended] | None = []
        # The last number of the catch-up. 0 once the feed has passed it.
        self._sent_until = 0
        self._auth: asyncio.Task[None] | None = None
        # Empty after authentication.
        self._network = ""

    def open(self, network: str) -> None:
        """Send the challenge. `network` is the client's network (see http/client_address.py)."""
        self._services.streams.add(self, network)
        self._network = network
        self._send(Challenge(self._rules.nonce))
        if self._services.node.closed:
            self.end(1012, "the server restarts")

    @property
    def ready(self) -> bool:
        """Return whether the stream is authenticated."""
        return self._rules.state == "ready"

    @property
    def heard_at(self) -> float:
        """Return when the client last sent something, in monotonic seconds."""
        return self._rules.heard_at

    def receive(self, data: bytes) -> None:
        """Process the client's next frame, as UTF-8 bytes."""
        rules = self._rules
        try:
            if rules.state == "ready":
                if not self.session.alive(confirmed_ms()):
                    raise StreamEnded(4401, "this session has ended")
                self._dispatch(rules.receive(data, time.monotonic()))
            elif rules.state != "ended":
                self._auth = asyncio.get_running_loop().create_task(self._authenticate(rules.read_auth(data)))
        except StreamEnded as ended:
            self.end(ended.code, ended.reason)

    def heard(self) -> None:
        """Note a poll, which shows that the client is alive without sending a frame."""
        self._rules.heard_at = time.monotonic()

    def count_frame(self) -> bool:
        """Count a frame without a message (ping, pong, fragment, empty line). Return whether to answer it."""
        try:
            return self._rules.count_frame(time.monotonic())
        except StreamEnded as ended:
            self.end(ended.code, ended.reason)
            return False

    def end(self, code: int, reason: str) -> None:
        """Close the stream with a close code."""
        self.closed()
        self._transport.end(code, reason)

    def closed(self) -> None:
        """Unregister the stream. Its transport is closed or about to be."""
        if self._rules.state == "ready":
            self._services.connections.remove(self)
        self._rules.state = "ended"
        self._services.streams.discard(self)

    # --- authentication ---------------------------------------------------------------------------------------

    async def _authenticate(self, frame: Auth) -> None:
        try:
            session = await verify_auth(self._services, self._network, self._rules.nonce, frame)
            self._network = ""
            await check_bans(self._services, session)
            if not session.alive(confirmed_ms()):
                # The session ended while this task waited. The stream was not registered yet, so it was not closed.
                raise StreamEnded(4401, "this session has ended")
            if (
                len(self._services.connections.streams_of(session))
                >= self._services.settings.streams.streams_per_session
            ):
                raise StreamEnded(4429, "too many streams of this session")
            if self._rules.state == "authenticating":
                await self._welcome(session, frame)
        except StreamEnded as ended:
            self.end(ended.code, ended.reason)
        except ApiError:
            # The database is unavailable, or the network has sent too many unknown tokens.
            self.end(1012, "try again")
        except Exception as error:
            log_failure(log, "could not open a stream", error)
            self.end(1012, "try again")
        finally:
            self._auth = None

    async def _welcome(self, session: Session, asked: Auth) -> None:
        services = self._services
        self.session = session
        self._rules.accept(session, self._services.of(StreamLimits).rates(session), time.monotonic())
        self._transport.accepted(asked.token)
        # Subscribe first, then read: an entry that is committed in between is read, received live, or both. A node
        # follows a workspace from its first stream on.
        services.streams.authenticated(self)
        self.conversation = known_conversation(session, asked.conversation)
        services.connections.add(self)
        await services.subscriptions.begin(session.workspace)
        if session.role == "visitor":
            await self._welcome_visitor(session, asked)
        else:
            await self._welcome_operator(session, asked.after, asked.within)

    async def _welcome_operator(self, session: Session, after: int | None, within: int | None) -> None:
        reader, workspace, scope = self._services.reader, session.workspace, visible(session)
        position, operator = await reader.read(
            lambda connection: (position_of(connection, workspace), find_operator(connection, session.subject))
        )
        you, due = You("operator", session.subject, session.name), session.second_factor_from
        complete = scope is None
        self._send(
            Welcome(you, Limits(), position=position, operator=operator, second_factor_from=due, complete=complete)
        )
        if self._services.node.disk and session.may("manage_workspace"):
            self._send(DiskNow(self._services.node.disk))
        if after is not None and within is not None and position - after > within:
            after = None
        cursor = position if after is None else max(0, min(after, position))

        async def read_on(from_position: int) -> Sequence[Appended]:
            return await reader.read(
                lambda connection: entries_after_position(
                    connection, workspace, from_position, ENTRIES_PER_FRAME, scope
                )
            )

        await self._catch_up(cursor, position, read_on)
        if after is not None:
            marks = await reader.read(lambda connection: seen_marks_since(connection, workspace, cursor, scope))
            for conversation, seen in marks:
                # Clients start with marks at 0.
                if seen.visitor:
                    self._send(SeenNow(conversation, "visitor", seen.visitor))
                if seen.operator:
                    self._send(SeenNow(conversation, "operator", seen.operator))

    async def _welcome_visitor(self, session: Session, asked: Auth) -> None:
        reader, workspace = self._services.reader, session.workspace
        state = await self._show(session, asked.conversation)
        if state is None:
            return
        conversation = state.id
        self._send(Welcome(You("visitor", session.subject, session.name), Limits(), session.bound, conversation=state))
        cursor = state.last_seq if asked.after is None else max(0, min(asked.after, state.last_seq))

        async def read_on(from_seq: int) -> Sequence[Appended]:
            return await reader.read(
                lambda connection: entries_for_visitor(connection, workspace, conversation, from_seq, ENTRIES_PER_FRAME)
            )

        await self._catch_up(cursor, state.last_seq, read_on)

    async def _show(self, session: Session, wanted: str | None) -> VisitorConversation | None:
        """Serve the requested conversation, or the newest. Return its state, which is read after the subscription.

        If it is unknown whether the session reaches the conversation, the database is read first: a stream must not
        receive frames of other visitors. Returns None if the stream ended in the meantime.

        Raises:
            StreamEnded: 4404 if the session does not reach it, 4401 if it has ended.
        """
        while True:
            reach, state = await self._services.reader.read(
                lambda connection: conversation_to_show(connection, session.id, session.workspace, wanted)
            )
            if self._rules.state != "ready":
                return None
            if state is None:
                raise StreamEnded(*(NO_CONVERSATION if reach else (4401, "this session has ended")))
            if state.id == self.conversation and reach == session.reach:
                return state
            known = state.id == self.conversation
            self._services.connections.turn(self, lambda reach=reach, state=state: self._turn(reach, state.id))
            if known:
                return state

    def _turn(self, reach: tuple[str, ...], conversation: str) -> None:
        if conversation != self.conversation:
            self._missed = []
        self.session.reach, self.conversation = reach, conversation

    async def _catch_up(
        self, cursor: int, newest: int, read_on: Callable[[int], Coroutine[Any, Any, Sequence[Appended]]]
    ) -> None:
        """Send the entries that the client missed, then the live entries, each once and in order.

        Args:
            newest: the number of the newest entry, read after the subscription. Later entries are received live.
        """
        # Not a Periodic: it ends with the newest entry.
        while cursor < newest:
            page = await read_on(cursor)
            if self._rules.state != "ready":
                return
            if page:
                cursor = self._number(page[-1])
                self._transport.write(self._encode(page))
            if len(page) < ENTRIES_PER_FRAME:
                break
            await self._wait_for_room()
        missed, self._missed, self._sent_until = self._missed or (), None, cursor
        self._send_newer(missed)

    def _send_newer(self, appended: Sequence[Appended]) -> None:
        """Send the live entries that the catch-up has not sent. Entries may be read before they are received live."""
        newer = [one for one in appended if self._number(one) > self._sent_until]
        for start in range(0, len(newer), ENTRIES_PER_FRAME):
            self._transport.write(self._encode(newer[start : start + ENTRIES_PER_FRAME]))

    def _number(self, one: Appended) -> int:
        """Return the number by which this stream's cursor counts."""
        return seq_for(self.session.role, one) if self.session.role == "visitor" else one.position

    async def _wait_for_room(self) -> None:
        """Wait until the client has read most of the backlog. Polls, because a catch-up is rare and short."""
        # Not a Periodic: it waits for one condition.
        while self._rules.state == "ready" and self._transport.backlog() > ROOM_BYTES:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    def _encode(self, appended: Sequence[Appended]) -> EncodedFrame:
        return encode_for_visitor(appended) if self.session.role == "visitor" else encode_for_operators(appended)

    # --- frames out -------------------------------------------------------------------------------------------

    def on_entries(self, appended: Sequence[Appended], frame: EncodedFrame) -> None:
        """Send new entries of this stream, or queue them during the catch-up."""
        if self._missed is None:
            if self._sent_until and self._number(appended[0]) <= self._sent_until:
                self._send_newer(appended)
                return
            self._sent_until = 0
            self._transport.write(frame)
        elif len(self._missed) < MAX_MISSED:
            self._missed.extend(appended)
        else:
            self.end(4414, "too slow")

    def push(self, frame: EncodedFrame) -> None:
        """Send a frame that was encoded for several streams."""
        self._transport.write(frame)

    def _send(self, frame: ServerFrame) -> None:
        self._transport.write(encode_frame(frame))

    # --- commands in ------------------------------------------------------------------------------------------

    def _dispatch(self, frame: ClientFrame | Failure) -> None:
        if isinstance(frame, Failure):
            self._send(frame)
            return
        if isinstance(frame, Ping):
            self._send(Pong())
            return
        command, reach = self._services.commands.of(frame), self.session.reach
        if reach and (conversation := getattr(frame, "conversation", "")) not in reach:
            self._start_command(self._look_up(command, frame, conversation))
        else:
            self._run(command, frame)

    async def _look_up(self, command: Command, frame: ClientFrame, conversation: str) -> None:
        """Run a command for a conversation that is not in memory as reachable. It may be new, or very old."""
        session = self.session
        if await self._services.reader.read(lambda connection: reaches(connection, session.id, conversation)):
            session.reach = (conversation, *session.reach)[: 2 * MOST_REMEMBERED]
        if self._rules.state == "ready":
            self._run(command, frame)

    def _run(self, command: Command, frame: ClientFrame) -> None:
        try:
            if isinstance(command, EntryCommand):
                entry, scope = command.entry(self.session, frame), visible(self.session)
                if command.before is None or (operation := command.before(self.session, frame)) is None:
                    self._services.ledger.submit(entry, self._complete, scope)
                else:
                    self._services.ledger.submit(entry, self._complete, scope, operation, erases=command.erases)
            else:
                self._start_command(command.run(self._services, self.session, frame))
        except ApiError as error:
            self._send(failure(error, getattr(frame, "id", "")))

    def _complete(self, outcome: Appended | ApiError) -> None:
        """Send the ledger's result for an entry of this stream."""
        if self._rules.state != "ready":
            return
        if isinstance(outcome, Appended):
            entry = outcome.entry
            self._send(Ack(entry.id, entry.conversation, seq_for(self.session.role, outcome), entry.at))
        else:
            self._send(failure(outcome))

    def _start_command(self, command: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._run_command(command))
        _commands.add(task)
        task.add_done_callback(_commands.discard)

    async def _run_command(self, command: Coroutine[Any, Any, None]) -> None:
        try:
            await command
        except ApiError as refused:
            if self._rules.state == "ready":
                self._send(failure(refused))
        except Exception as error:
            log_failure(log, "a command failed", error)
            if self._rules.state == "ready":
                refused = ApiError("busy", retry_after=BUSY_SECONDS) if is_exhausted(error) else ApiError("internal")
                self._send(failure(refused))
