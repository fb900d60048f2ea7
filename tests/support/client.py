"""A client of the protocol, made from docs/protocol.md alone: signed requests, and one stream over three transports."""

import asyncio
import contextlib
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from support.client_key import ClientKey

DEADLINE = 20.0
"""Seconds after which what a test waits for counts as never coming."""

TRIES = 8
"""Most times that a request is sent: each of several nodes has separate nonces."""

LOST = 1006
"""The code of a stream that ended without one."""

Frame = dict[str, Any]
Transport = Literal["websocket", "stream", "poll"]
TRANSPORTS: tuple[Transport, ...] = ("websocket", "stream", "poll")


class StreamOver(Exception):
    """The stream has ended with this code."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


@dataclass
class Person:
    """A client: its key (None: a browser that cannot create one), its token, and a visitor's conversation."""

    address: str
    key: ClientKey | None = None
    token: str | None = None
    id: str = ""
    conversation: str = ""
    nonce: str = ""

    def prove(self, method: str, path: str, **claims: Any) -> str:
        """A proof for a request of this person."""
        assert self.key is not None
        return self.key.prove(method, self.address + path, self.nonce, self.token, **claims)

    def credentials(self, method: str, path: str) -> dict[str, str]:
        """The headers that say who asks."""
        path = path.partition("?")[0]
        if self.key is None:
            return {"authorization": f"Bearer {self.token}"} if self.token else {}
        headers = {"dpop": self.prove(method, path)}
        return headers | ({"authorization": f"DPoP {self.token}"} if self.token else {})


async def ask(
    http: httpx.AsyncClient,
    person: Person,
    method: str,
    path: str,
    body: object = None,
    content: bytes | None = None,
    **headers: str,
) -> httpx.Response:
    """The answer to a signed request. Signs again with the nonce that the server gives, until its node takes it."""
    if content is None and body is not None:
        content = json.dumps(body).encode()
        headers = {"content-type": "application/json"} | headers
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    given, answer = person.nonce, None
    for attempt in range(TRIES):
        person.nonce = given
        signed = named | person.credentials(method, path)
        answer = await http.request(method, person.address + path, content=content, headers=signed)
        person.nonce = answer.headers.get("dpop-nonce", person.nonce)
        if attempt == 0:
            given = person.nonce
        if "use_dpop_nonce" not in answer.headers.get("www-authenticate", ""):
            break
    assert answer is not None
    return answer


class Stream(ABC):
    """One stream of a person. `heard` keeps every frame in the order in which they came."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.heard: list[Frame] = []
        self._news: asyncio.Queue[Frame | StreamOver] = asyncio.Queue()
        self._over: StreamOver | None = None
        self._reading: asyncio.Task[None] | None = None

    @abstractmethod
    async def begin(self) -> None:
        """Open the transport and read from it from now on."""

    @abstractmethod
    async def send_bytes(self, data: bytes) -> None:
        """Send one frame as it is."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of the transport."""

    async def send(self, op: str, **fields: Any) -> None:
        """Send a frame."""
        await self.send_bytes(json.dumps({"op": op, **fields}, ensure_ascii=False).encode())

    async def receive(self, seconds: float = DEADLINE) -> Frame:
        """Return the next frame. Raises StreamOver after the last one, TimeoutError after `seconds`."""
        if self._over is not None:
            raise self._over
        async with asyncio.timeout(seconds):
            news = await self._news.get()
        if isinstance(news, StreamOver):
            self._over = news
            raise news
        return news

    async def until(self, op: str, seconds: float = DEADLINE, **fields: Any) -> Frame:
        """The next frame with this `op` and these fields; what comes before it is passed over."""
        async with asyncio.timeout(seconds):
            while True:
                frame = await self.receive(seconds)
                if frame["op"] == op and all(frame.get(name) == value for name, value in fields.items()):
                    return frame

    async def until_over(self, seconds: float = DEADLINE) -> StreamOver:
        """How the stream ends."""
        async with asyncio.timeout(seconds):
            while True:
                try:
                    await self.receive(seconds)
                except StreamOver as over:
                    return over

    async def challenged(self) -> str:
        """The nonce of the server's first frame."""
        frame = await self.receive()
        assert frame["op"] == "challenge", frame
        assert frame["protocol"] == "crumbless.v1"
        return str(frame["nonce"])

    async def authenticate(self, nonce: str, after: int | None, **more: Any) -> Frame:
        """Answer the challenge, with `more` fields if given; the `welcome` that follows."""
        person = self.person
        proof = person.key.prove("GET", f"{person.address}/v1/stream", nonce, person.token) if person.key else ""
        await self.send("auth", token=person.token, proof=proof, after=after, **more)
        return await self.until("welcome")

    def entries(self) -> list[Frame]:
        """Every entry that came, in order."""
        return [entry for frame in self.heard if frame["op"] == "entries" for entry in frame["entries"]]

    async def until_entry(self, seconds: float = DEADLINE, **fields: Any) -> Frame:
        """The first entry with these fields, among those that came and those to come. `text`: that of its data."""
        if "text" in fields:
            fields["data"] = {"text": fields.pop("text")}
        checked = 0
        async with asyncio.timeout(seconds):
            while True:
                entries = self.entries()
                for entry in entries[checked:]:
                    if all(entry.get(name) == value for name, value in fields.items()):
                        return entry
                checked = len(entries)
                await self.receive(seconds)

    async def settled(self) -> None:
        """Return once the server has answered everything sent so far: by a ping's pong."""
        await self.send("ping")
        await self.until("pong")

    def _take(self, frame: Frame) -> None:
        if frame["op"] == "end":
            self._news.put_nowait(StreamOver(frame["code"], frame["reason"]))
        else:
            self.heard.append(frame)
            self._news.put_nowait(frame)

    async def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)


class WebSocketStream(Stream):
    """Over WebSocket."""

    socket: ClientConnection

    async def begin(self) -> None:
        self.socket = await connect(
            self.person.address.replace("http", "ws", 1) + "/v1/stream",
            subprotocols=[Subprotocol("crumbless.v1")],
            compression=None,
            max_size=None,
            max_queue=None,
            ping_interval=None,
            proxy=None,
            close_timeout=1,
        )
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            while True:
                self._take(json.loads(await self.socket.recv()))
        except ConnectionClosed as closed:
            told = closed.rcvd
            self._news.put_nowait(StreamOver(told.code if told else LOST, told.reason if told else ""))

    async def send_bytes(self, data: bytes) -> None:
        try:
            await self.socket.send(data, text=True)
        except ConnectionClosed:
            # The receiving side reports how it ended.
            return

    async def close(self) -> None:
        await self.socket.close()
        await self._stop_reading()


class _HttpStream(Stream):
    """The common part of both HTTP transports: each frame is sent in a separate request, one at a time."""

    def __init__(self, person: Person, http: httpx.AsyncClient) -> None:
        super().__init__(person)
        self.http = http
        self.id = ""
        self._sending = asyncio.Lock()

    async def send_bytes(self, data: bytes) -> None:
        async with self._sending:
            # A server that is gone is noticed where frames are received.
            with contextlib.suppress(httpx.TransportError):
                await ask(self.http, self.person, "POST", "/v1/stream/send", content=data, crumbless_stream=self.id)

    async def close(self) -> None:
        await self._stop_reading()


class NdjsonStream(_HttpStream):
    """Over one long answer, a frame a line."""

    async def begin(self) -> None:
        opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(opened))
        self.id = await opened

    async def _read(self, opened: "asyncio.Future[str]") -> None:
        address = f"{self.person.address}/v1/stream/open"
        try:
            async with self.http.stream("POST", address, json={"mode": "stream"}, timeout=None) as answer:
                opened.set_result(answer.headers["crumbless-stream"])
                async for line in answer.aiter_lines():
                    if line:
                        self._take(json.loads(line))
        except httpx.TransportError as error:
            if not opened.done():
                opened.set_exception(error)
        self._news.put_nowait(StreamOver(LOST))


class PollStream(_HttpStream):
    """Over one request after another."""

    async def begin(self) -> None:
        answer = await self.http.post(f"{self.person.address}/v1/stream/open", json={"mode": "poll"})
        batch = answer.json()
        self.id = batch["stream"]
        assert batch["batch"] == 1
        for frame in batch["frames"]:
            self._take(frame)
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        number = 1
        try:
            while True:
                answer = await self.poll(number)
                if answer.status_code != 200:
                    break
                number = answer.json()["batch"]
                for frame in answer.json()["frames"]:
                    self._take(frame)
                    if frame["op"] == "end":
                        return
        except httpx.TransportError:
            pass
        self._news.put_nowait(StreamOver(LOST))

    async def poll(self, after: int) -> httpx.Response:
        """The answer to one poll."""
        return await ask(self.http, self.person, "POST", "/v1/stream/poll", {"after": after}, crumbless_stream=self.id)


def new_stream(transport: Transport, person: Person, http: httpx.AsyncClient) -> Stream:
    """A stream that is not open yet."""
    if transport == "websocket":
        return WebSocketStream(person)
    return NdjsonStream(person, http) if transport == "stream" else PollStream(person, http)
