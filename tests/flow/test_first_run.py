"""The first run: no account exists until the link that the start printed is used (threat 70)."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from support.client import Person, ask
from support.client_key import ClientKey
from support.people import TEA
from support.server import ServerProcess, environment_of, run_command, wait_until
from support.sign_in import code_of

PASSWORD = "a violet kettle sings"
LINK = re.compile(r"/desk#setup=(crt_[\w-]{43})")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[ServerProcess]:
    """Start a server on a new database."""
    server = ServerProcess(tmp_path / "crumbless.db")
    server.start()
    yield server
    server.dispose()
    assert "Traceback" not in server.log()


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=40) as one:
        yield one


def link_of(server: ServerProcess, number: int = 0) -> str:
    """Return the secret of the link that the server printed at this start."""
    wait_until(lambda: len(LINK.findall(server.log())) > number, 10, "the link is printed")
    return LINK.findall(server.log())[number]


def wish(secret: str, **changed: object) -> dict[str, Any]:
    return {
        "secret": secret,
        "workspace_name": "Kornblume",
        "name": "Alex Morgan",
        "email": "alex@kornblume.example",
        "password": PASSWORD,
        "site_name": "Kornblume Tea",
        "site_origins": ["https://kornblume.example/"],
        "languages": ["en", "de"],
    } | changed


def new_owner(server: ServerProcess) -> Person:
    return Person(server.address, ClientKey())


async def set_up(client: httpx.AsyncClient, server: ServerProcess, secret: str, **changed: object) -> httpx.Response:
    return await ask(client, new_owner(server), "POST", "/v1/setup", wish(secret, **changed))


async def test_setup_link_makes_one_owner_and_is_used_up(empty: ServerProcess, client: httpx.AsyncClient) -> None:
    secret, address = link_of(empty), empty.address
    assert empty.rows("SELECT count(*) FROM operator") == [(0,)], "there is no default account"
    for path in ("/desk", f"/desk?setup={secret}", "/v1/setup", "/v1/setup/read"):
        assert (await client.get(address + path)).status_code in {200, 405}
    for guessed in ("", "crt_" + "A" * 43, secret[:-1]):
        refused = await set_up(client, empty, guessed)
        assert (refused.status_code, code_of(refused)) == (410, "ticket_gone")
    read = await ask(client, new_owner(empty), "POST", "/v1/setup/read", {"secret": secret})
    assert (read.status_code, read.json()["workspace_name"]) == (200, "")
    unsigned = await client.post(f"{address}/v1/setup", json=wish(secret))
    assert (unsigned.status_code, code_of(unsigned)) == (401, "invalid_proof")
    weak = await set_up(client, empty, secret, password="password1")
    assert (weak.status_code, code_of(weak)) == (400, "weak_password")

    people = [new_owner(empty) for _ in range(8)]
    answers = await asyncio.gather(
        *(
            ask(client, one, "POST", "/v1/setup", wish(secret, email=f"a{number}@k.example"))
            for number, one in enumerate(people)
        )
    )
    assert sorted(one.status_code for one in answers) == [200] + [410] * 7
    assert empty.rows("SELECT count(*) FROM operator") == [(1,)]
    assert empty.rows("SELECT count(*) FROM workspace") == [(1,)]
    (number,) = [number for number, one in enumerate(answers) if one.status_code == 200]
    owner, joined = people[number], answers[number].json()
    owner.token = joined["token"]
    assert joined["operator"]["role"] == "owner"
    assert joined["site"]["origins"] == ["https://kornblume.example"]
    assert joined["site"]["embed"] == f'<script async src="{address}/w/{joined["site"]["key"]}.js"></script>'
    assert (await ask(client, owner, "GET", "/v1/desk/me")).json()["workspace_name"] == "Kornblume"
    log = (await ask(client, owner, "GET", "/v1/desk/audit")).json()["records"]
    assert {"workspace_set_up", "site_added", "signed_in"} <= {one["action"] for one in log}
    await check_that_the_widget_is_seen(client, owner, joined["site"]["key"])

    assert empty.stop() == 0
    empty.start()
    assert len(LINK.findall(empty.log())) == 1, "an installation with an owner prints no link"
    assert code_of(await set_up(client, empty, secret)) == "ticket_gone"
    assert secret not in "".join(str(row) for row in empty.rows("SELECT * FROM one_time_token"))


async def check_that_the_widget_is_seen(client: httpx.AsyncClient, owner: Person, key: str) -> None:
    async def seen() -> dict[str, Any]:
        return (await ask(client, owner, "GET", f"/v1/desk/sites/{key}/seen")).json()

    nothing = {"embed_seen_at": None, "embed_seen_origin": None}
    for referrer in ("https://evil.example/", "https://kornblume.example.evil.example/", "", "nonsense"):
        await client.get(f"{owner.address}/w/{key}.js", headers={"referer": referrer})
    assert await seen() == nothing
    await client.get(f"{owner.address}/w/{key}.js", headers={"referer": "https://kornblume.example/"})
    async with asyncio.timeout(10):
        while (found := await seen()) == nothing:  # noqa: ASYNC110 - the state is another process's: there is no event
            await asyncio.sleep(0.02)
    assert found["embed_seen_origin"] == "https://kornblume.example"
    # At most once a minute: a second visit costs no write.
    await client.get(f"{owner.address}/chat/{key}", headers={"referer": "https://kornblume.example/"})
    assert await seen() == found


async def test_each_start_voids_the_previous_link(empty: ServerProcess, client: httpx.AsyncClient) -> None:
    first = link_of(empty)
    assert empty.stop() == 0
    empty.start()
    second = link_of(empty, 1)
    refused = await set_up(client, empty, first)
    assert (refused.status_code, code_of(refused)) == (410, "ticket_gone")
    empty.change("UPDATE one_time_token SET expires_at = 1 WHERE used_at IS NULL")
    assert code_of(await set_up(client, empty, second)) == "ticket_gone", "the link is valid for a day"
    environment = environment_of(empty.database)
    added = run_command("operator", "add", "olga@tea.example", "--name", "Olga", environment=environment)
    assert added.returncode == 0, added.stderr
    assert code_of(await set_up(client, empty, second)) == "ticket_gone"


async def test_further_workspace_gets_its_own_link(start_server: Any, http: httpx.AsyncClient) -> None:
    server: ServerProcess = start_server()
    assert not LINK.findall(server.log()), "there are owners already"
    environment = environment_of(server.database, port=server.port)
    made = run_command("workspace", "add", "Bakery", environment=environment)
    assert made.returncode == 0, made.stderr
    secret = LINK.findall(made.stdout)[0]
    read = await ask(http, new_owner(server), "POST", "/v1/setup/read", {"secret": secret})
    assert read.json()["workspace_name"] == "Bakery"
    owner = new_owner(server)
    answer = await ask(http, owner, "POST", "/v1/setup", wish(secret, workspace_name="The Bakery"))
    assert answer.status_code == 200, answer.text
    owner.token = answer.json()["token"]
    people = (await ask(http, owner, "GET", "/v1/desk/people")).json()["people"]
    assert [one["email"] for one in people] == ["alex@kornblume.example"], "workspaces are strictly separate"
    sites = (await ask(http, owner, "GET", "/v1/desk/sites")).json()["sites"]
    assert TEA.key not in {one["key"] for one in sites}
    assert code_of(await set_up(http, server, secret, email="b@k.example")) == "ticket_gone"
    listed = run_command("workspace", "list", environment=environment).stdout
    assert re.search(r"^\d+  The Bakery  1$", listed, re.MULTILINE), listed
