"""Named people. Vera and Victor visit the shop. Olga and Otto are its operators. Oskar works for another workspace."""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import Connection

from crumbless.database.database import write_once
from crumbless.database.schema import migrate
from crumbless.sites.workspace_set_up import add_operator, add_site, workspace_for
from support.client import DEADLINE, Frame, Person, Stream, Transport, ask, new_stream
from support.client_key import ClientKey
from support.server import Database, ServerProcess, url_of

BUSY_MACHINE = 4.0
"""Seconds that a busy machine may add to what is promised."""

SIGN_IN_SECONDS = 120.0
"""After this time a shared operator signs in again."""


@dataclass(frozen=True)
class Employee:
    """An operator as the owner of the installation adds them."""

    name: str
    email: str
    workspace: str
    password: str = "correct horse battery"


@dataclass(frozen=True)
class Shop:
    """A site."""

    key: str
    origin: str
    workspace: str


OLGA = Employee("Olga", "olga@tea.example", "Tea")
OTTO = Employee("Otto", "otto@tea.example", "Tea")
OSKAR = Employee("Oskar", "oskar@bikes.example", "Bikes")

TEA = Shop("tea-shop", "https://tea.example", "Tea")
BIKES = Shop("bike-shop", "https://bikes.example", "Bikes")


def seed_database(database: Database) -> None:
    """Make the database with the people and sites above, through the product's own actions."""
    url = url_of(database)
    migrate(url)

    def put_in(connection: Connection) -> None:
        for shop in (TEA, BIKES):
            add_site(connection, workspace_for(connection, shop.workspace), shop.key, shop.key, [shop.origin])
        for one in (OLGA, OTTO, OSKAR):
            add_operator(connection, workspace_for(connection, one.workspace), one.email, one.name, one.password)

    write_once(url, put_in)


def solve(challenge: str) -> str:
    """Return the first solution of a challenge."""
    bits, number = int(challenge.partition(".")[0]), 0
    while int.from_bytes(hashlib.sha256(f"{challenge}:{number}".encode()).digest()[:4]) >> (32 - bits):
        number += 1
    return f"{challenge}:{number}"


def new_entry_id() -> str:
    """A client's id for an entry."""
    return str(uuid.uuid4())


class World:
    """A server and the people who use it. Its streams and clients are closed at the end of the test."""

    def __init__(self, server: ServerProcess, http: httpx.AsyncClient) -> None:
        self.server = server
        self.http = http
        self._streams: list[Stream] = []

    async def close(self) -> None:
        """Close every stream."""
        await asyncio.gather(*(stream.close() for stream in self._streams))

    def stranger(self, with_key: bool = True) -> Person:
        """Return a client without a session."""
        return Person(self.server.address, ClientKey() if with_key else None)

    async def start(
        self, person: Person, words: str = "Hello", entry_id: str = "", shop: Shop = TEA, **changed: object
    ) -> httpx.Response:
        """The answer to a first message."""
        body = {"site": shop.key, "id": entry_id or new_entry_id(), "text": words, "page_origin": shop.origin}
        return await ask(self.http, person, "POST", "/v1/visitor/start", body | changed)

    async def visitor(self, words: str = "Hello", shop: Shop = TEA, with_key: bool = True) -> Person:
        """A visitor who has sent a first message."""
        person = self.stranger(with_key)
        answer = await self.start(person, words, shop=shop)
        assert answer.status_code == 201, answer.text
        started = answer.json()
        person.token, person.id, person.conversation = started["token"], started["visitor"], started["conversation"]
        return person

    async def sign_in(self, who: Employee, password: str | None = None, person: Person | None = None) -> httpx.Response:
        """The answer to a sign-in."""
        body = {"email": who.email, "password": who.password if password is None else password}
        return await ask(self.http, person or self.stranger(), "POST", "/v1/desk/sign-in", body)

    async def new_operator(self, who: Employee = OLGA) -> Person:
        """Sign the operator in again."""
        person = self.stranger()
        answer = await self.sign_in(who, person=person)
        assert answer.status_code == 200, answer.text
        person.token, person.id = answer.json()["token"], answer.json()["operator"]["id"]
        return person

    async def operator(self, who: Employee = OLGA) -> Person:
        """The operator, signed in for all tests on this server: hashing a password takes a while.

        After some time again: changes of settings need a sign-in within the last five minutes.
        """
        person, since = self.server.tokens.get(who.email, (None, 0.0))
        if person is None or time.monotonic() - since > SIGN_IN_SECONDS:
            person = await self.new_operator(who)
            self.server.tokens[who.email] = person, time.monotonic()
        return person

    async def raw_stream(self, person: Person, transport: Transport = "websocket") -> Stream:
        """A stream that has been opened and not yet challenged."""
        stream = new_stream(transport, person, self.http)
        self._streams.append(stream)
        await stream.begin()
        return stream

    async def stream(
        self, person: Person, transport: Transport = "websocket", after: int | None = 0, **_: Any
    ) -> Stream:
        """A stream that has been welcomed."""
        stream = await self.raw_stream(person, transport)
        await stream.authenticate(await stream.challenged(), after)
        return stream

    async def timeline(self, conversation: str, who: Employee = OLGA) -> list[Frame]:
        """All entries of a conversation, as its operators read them over HTTP."""
        person, pages, before = await self.operator(who), list[list[Frame]](), ""
        while True:
            path = f"/v1/desk/conversations/{conversation}/entries?limit=200{before}"
            answer = await ask(self.http, person, "GET", path)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            pages.append(page["entries"])
            if not page["more"]:
                return [entry for entries in reversed(pages) for entry in entries]
            before = f"&before={page['entries'][0]['seq']}"

    async def eventually(self, condition: Callable[[], Awaitable[bool]], seconds: float = DEADLINE) -> None:
        """Return once the condition holds."""
        async with asyncio.timeout(seconds):
            while not await condition():  # noqa: ASYNC110 - the state is another process's: there is no event
                await asyncio.sleep(0.01)


async def say(stream: Stream, words: str, entry_id: str = "", conversation: str = "") -> Frame:
    """Send a message and wait for the server's word on it: `ack` or `error`."""
    entry_id = entry_id or new_entry_id()
    await stream.send("send", id=entry_id, conversation=conversation or stream.person.conversation, text=words)
    async with asyncio.timeout(DEADLINE):
        while True:
            frame = await stream.receive()
            if frame["op"] in {"ack", "error"} and frame.get("id") == entry_id:
                return frame
