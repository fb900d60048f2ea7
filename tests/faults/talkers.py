"""Visitors and operators as real clients of the protocol. They resend until acknowledged, and reconnect."""

import asyncio
import contextlib
import itertools
import random
import time
import uuid
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from faults.history import OperatorModel, VisitorModel, show_to_operator, show_to_visitor
from support.client import Frame, NdjsonStream, Person, PollStream, Stream, StreamOver, Transport, WebSocketStream, ask
from support.client_key import ClientKey

PING_SECONDS = 1.0
SILENT_SECONDS = 4.0
"""A server that does not respond to a ping for this time counts as disconnected."""

STEP_SECONDS = 6.0
"""Timeout for connecting and for each step of authentication."""

FIRST_BACKOFF, LONGEST_BACKOFF = 0.05, 1.0

FATAL = {4400, 4401, 4403}
"""Close codes that require a reload or a new sign-in. No fault of a run may cause them."""

_numbers = itertools.count(1)


class NodeTransport(httpx.AsyncHTTPTransport):
    """Sends requests for the public address to one node's port, as a balancer would."""

    def __init__(self, port: int) -> None:
        super().__init__(limits=httpx.Limits(max_connections=400, max_keepalive_connections=50))
        self._port = port
        self.internal_errors: Counter[str] = Counter()
        """Responses with status 500, by method and path."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the node's response."""
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        answer = await super().handle_async_request(request)
        if answer.status_code == 500:
            self.internal_errors[f"{request.method} {request.url.path}"] += 1
        return answer


class NodeWebSocket(WebSocketStream):
    """A WebSocket to one node's port."""

    def __init__(self, person: Person, port: int) -> None:
        super().__init__(person)
        self._port = port

    async def begin(self) -> None:
        """Connect."""
        self.socket = await connect(
            self.person.address.replace("http", "ws", 1) + "/v1/stream",
            host="127.0.0.1",
            port=self._port,
            subprotocols=[Subprotocol("crumbless.v1")],
            compression=None,
            max_size=None,
            max_queue=None,
            ping_interval=None,
            open_timeout=STEP_SECONDS,
            proxy=None,
            close_timeout=0.2,
        )
        self._reading = asyncio.create_task(self._read())


class Roads:
    """The connections to the nodes: the ports of their proxies, and an HTTP client for each."""

    def __init__(self, address: str, ports: Sequence[int]) -> None:
        self.address = address
        self.ports = [*ports]
        self._transports = {port: NodeTransport(port) for port in ports}
        self._clients = {
            port: httpx.AsyncClient(transport=transport, timeout=STEP_SECONDS, trust_env=False)
            for port, transport in self._transports.items()
        }

    @property
    def internal_errors(self) -> Counter[str]:
        """Return the responses with status 500 of all nodes, by method and path."""
        return sum((one.internal_errors for one in self._transports.values()), Counter[str]())

    def client(self, port: int) -> httpx.AsyncClient:
        """Return the HTTP client for this node."""
        return self._clients[port]

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()


class ChatClient(ABC):
    """A client that stays connected from `run` until it is cancelled."""

    def __init__(self, roads: Roads, transport: Transport, rng: random.Random) -> None:
        self.roads = roads
        self.transport: Transport = transport
        self.rng = rng
        self.person = Person(roads.address, ClientKey())
        self.stream: Stream | None = None
        self.ready = asyncio.Event()
        self.came_back: list[float] = []
        """Duration of each reconnect in seconds, from the loss of the stream to the welcome."""
        self._lost_at: float | None = None
        self.failure = ""
        """The error of the last failed attempt to reconnect."""

    async def run(self) -> None:
        """Stay connected."""
        attempts = 0
        while True:
            try:
                await self._stay()
                attempts = 0
            except (
                OSError,
                TimeoutError,
                WebSocketException,
                httpx.HTTPError,
                StreamOver,
                AssertionError,
                KeyError,
            ) as failure:
                attempts += 1
                self.failure = repr(failure)[:200]
            self.ready.clear()
            self._lost_at = self._lost_at or time.monotonic()
            with contextlib.suppress(Exception):
                if self.stream is not None:
                    await asyncio.wait_for(self.stream.close(), 1)
            self.stream = None
            await asyncio.sleep(self.rng.random() * min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(attempts, 8)))

    async def _stay(self) -> None:
        port = self.rng.choice(self.roads.ports)
        await self.enter(port)
        stream = self.stream = self._open(port)
        async with asyncio.timeout(STEP_SECONDS):
            await stream.begin()
        await stream.authenticate(await stream.challenged(), self.cursor())
        if self._lost_at is not None:
            self.came_back.append(time.monotonic() - self._lost_at)
            self._lost_at = None
        self._take_all(stream.heard)
        self.ready.set()
        for op, fields in self.unsent():
            await stream.send(op, **fields)
        await self._listen(stream)

    def _open(self, port: int) -> Stream:
        if self.transport == "websocket":
            return NodeWebSocket(self.person, port)
        kind = NdjsonStream if self.transport == "stream" else PollStream
        return kind(self.person, self.roads.client(port))

    async def _listen(self, stream: Stream) -> None:
        asked = False
        while True:
            try:
                frame = await stream.receive(SILENT_SECONDS if asked else PING_SECONDS)
            except TimeoutError:
                if asked:
                    raise
                asked = True
                await stream.send("ping")
                continue
            except StreamOver as over:
                if over.code in FATAL:
                    self.fault(f"its stream ended with {over.code} {over.reason}")
                raise
            asked = False
            self.take(frame)
            if frame["op"] == "pong":
                # Messages that were rejected as busy, or were lost, are sent again.
                for op, fields in self.unsent():
                    await stream.send(op, **fields)

    def _take_all(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            if frame["op"] == "entries":
                self.take(frame)

    async def send(self, op: str, **fields: Any) -> None:
        """Send the frame if there is a stream. Otherwise it is sent with the waiting messages."""
        if self.stream is not None and self.ready.is_set():
            with contextlib.suppress(OSError, httpx.HTTPError, TimeoutError):
                await self.stream.send(op, **fields)

    @abstractmethod
    async def enter(self, port: int) -> None:
        """Get a session if the client has none yet."""

    @abstractmethod
    def cursor(self) -> int | None:
        """Return the cursor."""

    @abstractmethod
    def unsent(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the messages that are not acknowledged, in the order of typing."""

    @abstractmethod
    def take(self, frame: Frame) -> None:
        """Process a received frame."""

    @abstractmethod
    def fault(self, what: str) -> None:
        """Note an error that must never occur."""


class Visitor(ChatClient):
    """Starts a conversation with the first message and sends further ones."""

    def __init__(self, roads: Roads, transport: Transport, rng: random.Random, site: str, origin: str) -> None:
        super().__init__(roads, transport, rng)
        self.model = VisitorModel(f"visitor {next(_numbers)}")
        self._site, self._origin = site, origin
        self._first = (new_id(rng), "Hello")

    async def enter(self, port: int) -> None:
        """Start the conversation. A repetition uses the same entry ID, so it is the same start."""
        if self.person.token:
            return
        entry_id, text = self._first
        self.model.waiting.setdefault(entry_id, text)
        body = {"site": self._site, "id": entry_id, "text": text, "page_origin": self._origin}
        answer = await ask(self.roads.client(port), self.person, "POST", "/v1/visitor/start", body)
        if answer.status_code != 201:
            raise TimeoutError(answer.text)
        started = answer.json()
        self.person.token, self.model.conversation = started["token"], started["conversation"]
        self.model.acknowledged[entry_id] = (started["entry"]["seq"], text)
        self.model.waiting.pop(entry_id, None)

    async def say(self) -> None:
        """Write a message and send it."""
        if not self.model.conversation:
            return
        entry_id, text = new_id(self.rng), f"{self.model.name} {next(_numbers)}"
        self.model.waiting[entry_id] = text
        await self.send("send", id=entry_id, conversation=self.model.conversation, text=text)

    def cursor(self) -> int | None:
        """Return the last shown seq."""
        return len(self.model.shown)

    def unsent(self) -> list[tuple[str, dict[str, Any]]]:
        """Return all waiting messages."""
        conversation = self.model.conversation
        return [
            ("send", {"id": entry_id, "conversation": conversation, "text": text})
            for entry_id, text in self.model.waiting.items()
        ]

    def take(self, frame: Frame) -> None:
        """Show entries and store acknowledgements."""
        if frame["op"] == "entries":
            for entry in frame["entries"]:
                show_to_visitor(self.model, entry["seq"], entry["id"])
        elif frame["op"] == "ack" and frame["id"] in self.model.waiting:
            self.model.acknowledged[frame["id"]] = (frame["seq"], self.model.waiting.pop(frame["id"]))
        elif frame["op"] == "error" and frame["code"] not in {"busy", "slow_down"}:
            self.fault(f"was refused: {frame['code']}")

    def fault(self, what: str) -> None:
        """Store the error for the report."""
        self.model.faults.append(f"{self.model.name} {what}")


class Operator(ChatClient):
    """Follows the whole workspace and replies to random conversations."""

    def __init__(
        self, roads: Roads, transport: Transport, rng: random.Random, email: str, password: str, workspace: int
    ) -> None:
        super().__init__(roads, transport, rng)
        self.model = OperatorModel(f"operator {next(_numbers)}", workspace)
        self._email, self._password = email, password
        self._conversations: dict[str, None] = {}

    async def enter(self, port: int) -> None:
        """Sign in unless there is a session."""
        if self.person.token:
            return
        body = {"email": self._email, "password": self._password}
        answer = await ask(self.roads.client(port), self.person, "POST", "/v1/desk/sign-in", body)
        if answer.status_code != 200:
            raise TimeoutError(answer.text)
        self.person.token = answer.json()["token"]

    async def answer(self) -> None:
        """Reply to a random conversation."""
        if not self._conversations:
            return
        conversation = self.rng.choice([*self._conversations])
        entry_id, text = new_id(self.rng), f"{self.model.name} {next(_numbers)}"
        self.model.waiting[entry_id] = (conversation, text)
        await self.send("send", id=entry_id, conversation=conversation, text=text)

    def cursor(self) -> int | None:
        """Return the last shown position."""
        return self.model.since + len(self.model.shown)

    def unsent(self) -> list[tuple[str, dict[str, Any]]]:
        """Return all waiting replies."""
        return [
            ("send", {"id": entry_id, "conversation": conversation, "text": text})
            for entry_id, (conversation, text) in self.model.waiting.items()
        ]

    def take(self, frame: Frame) -> None:
        """Show entries and store acknowledgements."""
        if frame["op"] == "entries":
            for entry in frame["entries"]:
                self._conversations[entry["conversation"]] = None
                show_to_operator(self.model, entry["position"], entry["id"])
        elif frame["op"] == "ack" and frame["id"] in self.model.waiting:
            conversation, text = self.model.waiting.pop(frame["id"])
            self.model.acknowledged[frame["id"]] = (conversation, frame["seq"], text)
        elif frame["op"] == "error" and frame["code"] not in {"busy", "slow_down"}:
            self.fault(f"was refused: {frame['code']}")

    def fault(self, what: str) -> None:
        """Store the error for the report."""
        self.model.faults.append(f"{self.model.name} {what}")


def new_id(rng: random.Random) -> str:
    """Return an entry ID that depends on the seed."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
