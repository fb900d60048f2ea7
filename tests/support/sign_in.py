"""What tests of the operators' sign-in share."""

from typing import Any

import httpx

from support.client import Person, Stream, StreamOver, ask
from support.people import World


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
