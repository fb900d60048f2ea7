"""Chromium's virtual authenticator creates a passkey and signs in with it: browsers accept the server's options."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, CDPSession, Error, Page, expect

from support.browser import Kind
from support.client import Person
from support.client_key import ClientKey
from support.people import OLGA, seed_database
from support.ports import free_port
from support.server import ServerProcess

CREATE = """async (options) => {
  const asked = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return (await navigator.credentials.create({ publicKey: asked })).toJSON();
}"""

GET = """async ([options, mediation]) => {
  const asked = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({ publicKey: asked, mediation })).toJSON();
}"""


class Caller:
    """Sends API requests as an operator with a key. The browser only performs the WebAuthn calls."""

    def __init__(self, address: str) -> None:
        self.person = Person(address, ClientKey())

    def post(self, path: str, body: object = None) -> httpx.Response:
        """Return the response. The request is signed again once if the server names its nonce."""
        person = self.person
        answer = httpx.Response(500)
        for _ in range(2):
            answer = httpx.post(
                person.address + path,
                json={} if body is None else body,
                headers=person.credentials("POST", path),
                trust_env=False,
            )
            person.nonce = answer.headers.get("dpop-nonce", person.nonce)
            if "use_dpop_nonce" not in answer.headers.get("www-authenticate", ""):
                break
        return answer

    def get(self, path: str) -> httpx.Response:
        """Return the response to a read, signed with the latest nonce."""
        headers = self.person.credentials("GET", path)
        return httpx.get(self.person.address + path, headers=headers, trust_env=False)

    def sign_in_with_password(self) -> None:
        """Begin a session."""
        answer = self.post("/v1/desk/sign-in", {"email": OLGA.email, "password": OLGA.password})
        assert answer.status_code == 200, answer.text
        self.person.token = answer.json()["token"]


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("urn:crumbless:problem:")


@pytest.fixture(scope="module")
def named_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Start a server under a host name, because browsers bind no passkey to an IP address."""
    database: Path = tmp_path_factory.mktemp("named") / "crumbless.db"
    seed_database(database)
    port = free_port()
    hosts = f"127.0.0.1:{port}"
    server = ServerProcess(database, port_wanted=port, public_url=f"http://localhost:{port}", allowed_hosts=hosts)
    server.start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture
def address(named_server: ServerProcess) -> str:
    """Return the server's public address."""
    return f"http://localhost:{named_server.port}"


class Authenticator:
    """A virtual security key in the page's browser (WebAuthn Level 3, section 11)."""

    def __init__(self, page: Page) -> None:
        self._devtools: CDPSession = page.context.new_cdp_session(page)
        self._tell("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self._id = str(self._tell("WebAuthn.addVirtualAuthenticator", options=options)["authenticatorId"])

    def _tell(self, method: str, **values: object) -> dict[str, Any]:
        devtools: Any = self._devtools
        return devtools.send(method, values)

    def credentials(self) -> list[dict[str, Any]]:
        """Return the stored credentials."""
        return self._tell("WebAuthn.getCredentials", authenticatorId=self._id)["credentials"]

    def forget_owner(self) -> None:
        """Make further verifications of the user fail."""
        self._tell("WebAuthn.setUserVerified", authenticatorId=self._id, isUserVerified=False)


@pytest.fixture
def page(browser_of: Callable[[Kind], Browser], address: str) -> Iterator[Page]:
    """Open a page of the server that requests no passkey, in a new browser context."""
    context = browser_of("ordinary").new_context()
    opened = context.new_page()
    opened.goto(f"{address}/policy")
    yield opened
    context.close()


def add_passkey(page: Page, caller: Caller) -> None:
    asked = caller.post("/v1/desk/me/passkeys/options")
    assert asked.status_code == 200, asked.text
    credential = page.evaluate(CREATE, asked.json()["options"])
    body = {"one_time_token": asked.json()["one_time_token"], "credential": credential, "name": "Chromium"}
    added = caller.post("/v1/desk/me/passkeys", body)
    assert added.status_code == 204, added.text


def show_passkey(page: Page, caller: Caller, mediation: str = "optional") -> dict[str, Any]:
    """Return the credential that goes back to the server."""
    asked = caller.post("/v1/desk/sign-in/passkey/options")
    assert asked.status_code == 200, asked.text
    assert asked.json()["options"].get("allowCredentials", []) == [], "the options name no operator"
    credential = page.evaluate(GET, [asked.json()["options"], mediation])
    return {"one_time_token": asked.json()["one_time_token"], "credential": credential}


def test_passkey_is_created_signs_in_and_is_a_step_up(page: Page, address: str) -> None:
    device, olga = Authenticator(page), Caller(address)
    olga.sign_in_with_password()
    add_passkey(page, olga)
    (kept,) = device.credentials()
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)
    assert OLGA.email not in str(base64.b64decode(kept["userHandle"])), "the user handle contains no name"
    newcomer = Caller(address)
    answer = newcomer.post("/v1/desk/sign-in/passkey", show_passkey(page, newcomer))
    assert answer.status_code == 200, answer.text
    assert answer.json()["operator"]["email"] == OLGA.email
    newcomer.person.token = answer.json()["token"]
    asked = newcomer.post("/v1/desk/step-up/passkey/options").json()
    credential = page.evaluate(GET, [asked["options"], "optional"])
    shown = newcomer.post(
        "/v1/desk/step-up/passkey", {"one_time_token": asked["one_time_token"], "credential": credential}
    )
    assert shown.status_code == 204, shown.text


def test_passkey_is_offered_by_autofill(page: Page, address: str) -> None:
    Authenticator(page)
    olga, newcomer = Caller(address), Caller(address)
    olga.sign_in_with_password()
    add_passkey(page, olga)
    answer = newcomer.post("/v1/desk/sign-in/passkey", show_passkey(page, newcomer, "conditional"))
    assert answer.status_code == 200, answer.text


def test_threat_23_browser_creates_no_passkey_for_another_host(page: Page, address: str) -> None:
    Authenticator(page)
    olga = Caller(address)
    olga.sign_in_with_password()
    options: dict[str, Any] = olga.post("/v1/desk/me/passkeys/options").json()["options"]
    options["rp"]["id"] = "evil.example"
    with pytest.raises(Error, match="SecurityError"):
        page.evaluate(CREATE, options)


def test_threat_23_credential_for_another_origin_or_without_verification_is_refused(page: Page, address: str) -> None:
    device, olga = Authenticator(page), Caller(address)
    olga.sign_in_with_password()
    add_passkey(page, olga)
    premise = Caller(address)
    assert premise.post("/v1/desk/sign-in/passkey", show_passkey(page, premise)).status_code == 200
    moved = Caller(address)
    body = show_passkey(page, moved)
    client_data = json.loads(base64.urlsafe_b64decode(body["credential"]["response"]["clientDataJSON"] + "=="))
    assert client_data["origin"] == address
    text = json.dumps(client_data | {"origin": "https://evil.example"}).encode()
    body["credential"]["response"]["clientDataJSON"] = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    assert code_of(moved.post("/v1/desk/sign-in/passkey", body)) == "passkey_refused"
    device.forget_owner()
    unknown = Caller(address)
    asked = unknown.post("/v1/desk/sign-in/passkey/options").json()
    lax = asked["options"] | {"userVerification": "discouraged"}
    body = {"one_time_token": asked["one_time_token"], "credential": page.evaluate(GET, [lax, "optional"])}
    assert code_of(unknown.post("/v1/desk/sign-in/passkey", body)) == "passkey_refused"


def test_desk_signs_in_with_the_suggested_passkey(page: Page, address: str) -> None:
    Authenticator(page)
    olga = Caller(address)
    olga.sign_in_with_password()
    add_passkey(page, olga)
    # The virtual authenticator accepts the suggestion of the email field without a press.
    page.goto(f"{address}/desk/")
    expect(page.get_by_role("heading", name="Conversations")).to_be_visible()
    shown = olga.get("/v1/desk/me/security").json()
    assert [one["factors"] for one in shown["sessions"] if not one["current"]] == ["passkey"]
