"""What tests of the operators' sign-in share."""

import functools
import uuid
from typing import Any

import httpx

from crumbless.domain.password import hash_password
from crumbless.store.database import write_once
from crumbless.store.people_store import add_operator
from support.client import Person, Stream, StreamOver, ask
from support.people import Employee, World


def code_of(answer: httpx.Response) -> str:
    return answer.json().get("type", "").removeprefix("urn:crumbless:problem:")


async def post(world: World, person: Person, path: str, body: object = None) -> httpx.Response:
    return await ask(world.http, person, "POST", path, {} if body is None else body)


async def security(world: World, person: Person) -> dict[str, Any]:
    answer = await ask(world.http, person, "GET", "/v1/desk/me/security")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def signed_in(world: World, answer: httpx.Response, person: Person) -> Person:
    assert answer.status_code == 200, answer.text
    person.token, person.id = answer.json()["token"], answer.json()["operator"]["id"]
    return person


async def end_of(stream: Stream) -> int:
    """The code with which the stream ends, within a second of the last frame."""
    try:
        while True:
            await stream.receive(seconds=1)
    except StreamOver as over:
        return over.code


@functools.cache
def _hash_of(password: str) -> str:
    return hash_password(password)


def hire(world: World, name: str = "Nora", *, has_password: bool = True) -> Employee:
    """An operator whom no other test knows, on a server that runs already."""
    one = Employee(name, f"{name.lower()}-{uuid.uuid4().hex[:12]}@tea.example", "Tea")
    password_hash = _hash_of(one.password) if has_password else ""
    url = f"sqlite:///{world.server.database}"
    write_once(url, lambda connection: add_operator(connection, 1, one.email, name, password_hash))
    return one
