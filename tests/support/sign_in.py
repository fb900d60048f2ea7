"""Common parts of the tests of the operators' sign-in."""

import functools
import uuid
from typing import Any

import httpx

from crumbless.accounts.operator_store import add_operator
from crumbless.accounts.password import hash_password
from crumbless.database.database import write_once
from crumbless.security.access import OperatorRole
from crumbless.security.dpop import token_hash
from support.client import Person, Stream, StreamOver, ask
from support.client_key import ClientKey
from support.people import Employee, World
from support.ports import free_port
from support.server import ServerProcess
from support.software_authenticator import SoftwareAuthenticator

PASSKEY = "/v1/desk/sign-in/passkey"


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


def hire(
    world: World, name: str = "Nora", *, has_password: bool = True, role: OperatorRole = "owner", workspace: int = 1
) -> Employee:
    """An operator whom no other test knows, on a server that runs already. Workspace 1 is Tea's."""
    one = Employee(name, f"{name.lower()}-{uuid.uuid4().hex[:12]}@tea.example", "Tea")
    password_hash = _hash_of(one.password) if has_password else ""
    write_once(
        world.server.database_url,
        lambda connection: add_operator(connection, workspace, one.email, name, password_hash, role),
    )
    return one


class NamedWorld(World):
    """A server under a name that passkeys may be bound to. It is shared; `olga` and `otto` are this test's alone."""

    def __init__(self, server: ServerProcess, http: httpx.AsyncClient) -> None:
        super().__init__(server, http)
        self.olga, self.otto = hire(self, "Olga"), hire(self, "Otto")

    def stranger(self, with_key: bool = True) -> Person:
        """Return a client without a session."""
        return Person(f"http://localhost:{self.server.port}", ClientKey() if with_key else None)


def named_settings() -> dict[str, object]:
    """Settings of a server at http://localhost, which its own tests may ask by number too."""
    port = free_port()
    return {
        "port_wanted": port,
        "public_url": f"http://localhost:{port}",
        "allowed_hosts": f"127.0.0.1:{port}",
    }


async def add_passkey(world: World, person: Person, end_others: bool = True) -> SoftwareAuthenticator:
    device = SoftwareAuthenticator(person.address, "localhost")
    asked = (await post(world, person, "/v1/desk/me/passkeys/options")).json()
    body = {
        "one_time_token": asked["one_time_token"],
        "credential": device.create(asked["options"]),
        "name": "My phone",
    }
    body |= {"end_others": end_others}
    added = await post(world, person, "/v1/desk/me/passkeys", body)
    assert added.status_code == 204, added.text
    return device


async def use_passkey(world: World, device: SoftwareAuthenticator, person: Person, **changed: Any) -> httpx.Response:
    asked = (await post(world, person, f"{PASSKEY}/options")).json()
    credential = device.get(asked["options"], **changed)
    return await post(world, person, PASSKEY, {"one_time_token": asked["one_time_token"], "credential": credential})


def change_session(person: Person, world: World, what: str) -> None:
    """Change the person's session in the database. Before it is first used: the server remembers."""
    kept = token_hash(person.token or "")
    world.server.change(f"UPDATE session SET {what} WHERE token_hash = ?", kept)
