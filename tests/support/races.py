"""One-time codes and links, each prepared so that several clients can use it at the same moment."""

import base64
import itertools
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from sqlalchemy import Connection

from crumbless.accounts.factor_store import replace_recovery_codes, set_totp_secret
from crumbless.accounts.one_time_token_store import new_one_time_token
from crumbless.accounts.operator_store import Credentials, find_credentials
from crumbless.accounts.totp import code_at, new_recovery_codes, new_totp_secret
from crumbless.core.ids import now_ms
from crumbless.database.database import write_once
from crumbless.security.encryption import SecretBox
from crumbless.sign_in.password_reset import new_reset
from crumbless.sign_in.password_sign_in import recovery_key, totp_purpose
from crumbless.sites.workspace_begin import offer_workspace
from support.client import Person, ask
from support.invitations import invite
from support.people import TEA, World
from support.server import TEST_KEY
from support.sign_in import code_of, hire

PASSWORD = "a violet kettle sings"
STEP_MS = 30_000

networks = itertools.count(1)
secret_box = SecretBox(base64.b64decode(TEST_KEY))


async def send(
    world: World, person: Person, path: str, body: dict[str, Any], http: httpx.AsyncClient | None = None
) -> httpx.Response:
    """Return the response to a request from a separate network, so that no limit is reached."""
    network = f"2001:db8:{next(networks):x}::1"
    return await ask(http or world.http, person, "POST", path, body, x_forwarded_for=network)


Race = Callable[[World, list[Person]], Awaitable[tuple[str, list[dict[str, Any]]]]]
"""Makes what works once: the path, and the body of each racer."""


def new_operator(world: World) -> Credentials:
    email = hire(world).email
    found = write_once(world.server.database_url, lambda connection: find_credentials(connection, email))
    assert found is not None
    return found


def second_steps(world: World, people: list[Person], prepare: Callable[[Connection, str], str]) -> list[dict[str, Any]]:
    """A new operator whose password all racers have shown. `prepare` gives the code."""
    operator_id = new_operator(world).operator.id

    def make(connection: Connection) -> list[dict[str, Any]]:
        code = prepare(connection, operator_id)
        keys = [person.key.thumbprint for person in people if person.key is not None]
        one_time_tokens = [
            new_one_time_token(connection, "second_factor", subject=operator_id, thumbprint=key, seconds=600)[0]
            for key in keys
        ]
        return [{"one_time_token": one_time_token, "code": code} for one_time_token in one_time_tokens]

    return write_once(world.server.database_url, make)


async def totp(world: World, people: list[Person]) -> tuple[str, list[dict[str, Any]]]:
    def prepare(connection: Connection, operator_id: str) -> str:
        secret = new_totp_secret()
        set_totp_secret(connection, operator_id, secret_box.encrypt(secret, totp_purpose(operator_id)))
        return code_at(secret, now_ms() // STEP_MS)

    return "/v1/desk/sign-in/code", second_steps(world, people, prepare)


async def recovery_code(world: World, people: list[Person]) -> tuple[str, list[dict[str, Any]]]:
    def prepare(connection: Connection, operator_id: str) -> str:
        set_totp_secret(connection, operator_id, secret_box.encrypt(new_totp_secret(), totp_purpose(operator_id)))
        codes = new_recovery_codes()
        replace_recovery_codes(connection, 1, operator_id, codes, recovery_key(secret_box))
        return codes[0]

    return "/v1/desk/sign-in/code", second_steps(world, people, prepare)


async def invitation(world: World, people: list[Person]) -> tuple[str, list[dict[str, Any]]]:
    _, secret = invite(world.server)
    return "/v1/invitations/accept", [{"secret": secret, "name": "Nora", "password": PASSWORD} for _ in people]


async def reset(world: World, people: list[Person]) -> tuple[str, list[dict[str, Any]]]:
    operator = new_operator(world)
    secret = write_once(world.server.database_url, lambda connection: new_reset(connection, operator))
    return "/v1/reset", [{"secret": secret, "password": PASSWORD} for _ in people]


async def email_change(world: World, people: list[Person]) -> tuple[str, list[dict[str, Any]]]:
    operator = new_operator(world)
    data = {"email": f"{uuid.uuid4().hex}@tea.example"}

    def make(connection: Connection) -> str:
        one = operator.operator.id
        return new_one_time_token(connection, "email_change", subject=one, workspace=1, data=data, seconds=600)[1]

    secret = write_once(world.server.database_url, make)
    return "/v1/email/confirm", [{"secret": secret} for _ in people]


async def setup(world: World, people: list[Person]) -> tuple[str, list[dict[str, Any]]]:
    name = uuid.uuid4().hex
    secret = write_once(world.server.database_url, lambda connection: offer_workspace(connection, name))
    wanted = {"workspace_name": name, "name": "Oda", "password": PASSWORD, "site_name": "Shop"}
    origins = {"site_origins": ["https://shop.example"]}
    # Each from a separate address, so that only the link decides.
    return "/v1/setup", [
        {"secret": secret, "email": f"{uuid.uuid4().hex}@shop.example", **wanted, **origins} for _ in people
    ]


async def device_code(world: World, people: list[Person]) -> tuple[str, list[dict[str, Any]]]:
    answer = await send(world, await world.visitor(), "/v1/visitor/continue/code", {})
    return "/v1/visitor/continue", [{"site": TEA.key, "secret": answer.json()["code"]} for _ in people]


async def device_link(world: World, people: list[Person]) -> tuple[str, list[dict[str, Any]]]:
    conversation = (await world.visitor()).conversation
    _, secret = write_once(
        world.server.database_url,
        lambda connection: new_one_time_token(
            connection, "continue_link", subject=conversation, workspace=1, seconds=600
        ),
    )
    return "/v1/visitor/continue", [{"site": TEA.key, "secret": secret} for _ in people]


KINDS: dict[str, Race] = {
    "TOTP code": totp,
    "recovery code": recovery_code,
    "invitation": invitation,
    "reset link": reset,
    "email change": email_change,
    "setup link": setup,
    "device code": device_code,
    "device link": device_link,
}

ERROR_SPECS = {"TOTP code": "wrong_code", "recovery code": "wrong_code"}
"""The problem code of the response to a client that came second; `ticket_gone` for all other kinds."""


def assert_one_winner(kind: str, answers: list[httpx.Response]) -> None:
    """Fail unless one response is a success and all others say that the code or link was already used."""
    won = [one for one in answers if one.is_success]
    lost = [code_of(one) for one in answers if not one.is_success]
    told = [(one.status_code, one.text) for one in answers]
    assert (len(won), lost) == (1, [ERROR_SPECS.get(kind, "ticket_gone")] * (len(answers) - 1)), told
