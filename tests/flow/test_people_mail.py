"""Invitations, forgotten passwords and new addresses use links that work once (threats 20, 22, 44, 58, 68)."""

import asyncio
import email.message
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.client import Person, ask
from support.mail_server import MailServer, mail_server
from support.people import OSKAR, World, new_entry_id
from support.server import ServerProcess
from support.sign_in import code_of, hire

PASSWORD = "a violet kettle sings"
SECRET = re.compile(r"(https?://\S+)/desk#(invite|reset|email)=([\w-]+)")

StartServer = Callable[..., ServerProcess]


@pytest.fixture
def post_office() -> Iterator[MailServer]:
    with mail_server() as office:
        yield office


@pytest.fixture
def mailing(post_office: MailServer, start_server: StartServer, open_world: Callable[[ServerProcess], World]) -> World:
    """Start a server that sends its emails to the post office."""
    url = f"smtp://127.0.0.1:{post_office.port}"
    return open_world(start_server(smtp_url=url, mail_from="chat@tea.example", task_poll_seconds=0.1))


def text_of(mail: email.message.EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def wait_for_mails(office: MailServer, number: int) -> list[email.message.EmailMessage]:
    return await asyncio.to_thread(office.wait_for, number)


async def secret_of(office: MailServer, number: int) -> str:
    """Return the secret in the link of the email with that number, counted from 1."""
    found = SECRET.search(text_of((await wait_for_mails(office, number))[number - 1]))
    assert found
    return found[3]


async def post(world: World, person: Person, path: str, body: dict[str, Any]) -> tuple[int, str]:
    answer = await ask(world.http, person, "POST", path, body)
    return answer.status_code, code_of(answer) if answer.content else ""


async def test_invitation_is_accepted_once(mailing: World, post_office: MailServer) -> None:
    """Threats 22, 44."""
    owner = await mailing.operator()
    team = (await ask(mailing.http, owner, "POST", "/v1/desk/teams", {"name": "Sales"})).json()
    address = f"nora-{new_entry_id()}@tea.example"
    invitation = {"email": address.title(), "name": "Nora", "role": "operator", "teams": [team["id"]], "language": "de"}
    assert await post(mailing, owner, "/v1/desk/people/invite", invitation) == (204, "")
    (mail,) = await wait_for_mails(post_office, 1)
    assert mail["to"].addresses[0].addr_spec == address
    assert "lädt" in mail["subject"]
    found = SECRET.search(text_of(mail))
    assert found
    assert (found[1], found[2]) == (mailing.server.address, "invite")
    secret = found[3]
    # A scanner that fetches the link, with the fragment or without, changes nothing.
    for path in ("/desk", f"/desk?invite={secret}", f"/v1/invitations/accept?secret={secret}", "/v1/invitations/read"):
        await mailing.http.get(mailing.server.address + path)
    for _ in range(2):
        read = await ask(mailing.http, mailing.stranger(), "POST", "/v1/invitations/read", {"secret": secret})
        assert (read.json()["workspace_name"], read.json()["email"]) == ("Tea", address)
    body = {"secret": secret, "name": "Nora Nordlicht", "password": PASSWORD}
    assert (await post(mailing, mailing.stranger(), "/v1/invitations/accept", body | {"role": "owner"}))[0] == 400
    people = [mailing.stranger() for _ in range(6)]
    answers = await asyncio.gather(*(ask(mailing.http, one, "POST", "/v1/invitations/accept", body) for one in people))
    assert sorted(one.status_code for one in answers) == [200] + [410] * 5
    nora, joined = next((who, a.json()) for who, a in zip(people, answers, strict=True) if a.status_code == 200)
    nora.token = joined["token"]
    assert (joined["operator"]["role"], joined["operator"]["languages"]) == ("operator", ["de"])
    everybody = (await ask(mailing.http, nora, "GET", "/v1/desk/people")).json()
    assert [one["teams"] for one in everybody["people"] if one["email"] == address] == [[team["id"]]]
    assert everybody["invitations"] == [], "operators cannot list invitations"
    assert (await post(mailing, mailing.stranger(), "/v1/invitations/accept", body))[0] == 410
    assert secret not in mailing.server.log()


async def test_invitation_is_resent_and_revoked(mailing: World, post_office: MailServer) -> None:
    owner = await mailing.operator()
    invitation = {"email": "nora@tea.example", "role": "operator"}
    assert await post(mailing, owner, "/v1/desk/people/invite", invitation) == (204, "")
    first = await secret_of(post_office, 1)
    (pending,) = (await ask(mailing.http, owner, "GET", "/v1/desk/people")).json()["invitations"]
    assert (pending["email"], pending["invited_by"]) == ("nora@tea.example", "Olga")
    assert await post(mailing, owner, f"/v1/desk/invitations/{pending['id']}/resend", {}) == (204, "")
    second = await secret_of(post_office, 2)

    async def read(secret: str) -> int:
        return (await post(mailing, mailing.stranger(), "/v1/invitations/read", {"secret": secret}))[0]

    assert (await read(first), await read(second)) == (410, 200)
    assert await post(mailing, owner, f"/v1/desk/invitations/{pending['id']}/revoke", {}) == (204, "")
    assert await read(second) == 410
    assert (await ask(mailing.http, owner, "GET", "/v1/desk/people")).json()["invitations"] == []
    assert (await post(mailing, owner, f"/v1/desk/invitations/{pending['id']}/revoke", {}))[0] == 404
    # The response reveals nothing about a colleague's address. An invalid address does not become an email header
    # (threat 58).
    colleague = {"email": "otto@tea.example", "role": "operator"}
    assert await post(mailing, owner, "/v1/desk/people/invite", colleague) == (400, "invalid")
    for wrong in ("nora", "a@b@c", "a@b.example\r\nBcc: x@y.example", "<a@b.example>", "a@b.example, c@d.example"):
        assert (await post(mailing, owner, "/v1/desk/people/invite", invitation | {"email": wrong}))[0] == 400, wrong
    named = invitation | {"name": "Nora\r\nBcc: x@y.example"}
    assert (await post(mailing, owner, "/v1/desk/people/invite", named))[0] == 400


async def test_disabling_the_sender_ends_an_invitation(mailing: World, post_office: MailServer) -> None:
    owner, anna = await mailing.operator(), await mailing.new_operator(hire(mailing, "Anna", role="admin"))
    for sender, name in ((anna, "nora"), (owner, "nils")):
        invitation = {"email": f"{name}@tea.example", "role": "operator"}
        assert await post(mailing, sender, "/v1/desk/people/invite", invitation) == (204, "")
    sent = {
        mail["to"].addresses[0].addr_spec: SECRET.search(text_of(mail)) for mail in await wait_for_mails(post_office, 2)
    }
    theirs, other = ({"secret": link[3]} for name in ("nora", "nils") if (link := sent[f"{name}@tea.example"]))
    caller = mailing.stranger()
    assert (await post(mailing, caller, "/v1/invitations/read", theirs))[0] == 200, "the premise"
    assert await post(mailing, owner, f"/v1/desk/people/{anna.id}/disable", {}) == (204, "")
    join = theirs | {"name": "Nora", "password": PASSWORD}
    assert await post(mailing, caller, "/v1/invitations/accept", join) == (410, "ticket_gone")
    assert await post(mailing, caller, "/v1/invitations/read", theirs) == (410, "ticket_gone")
    assert (await post(mailing, caller, "/v1/invitations/read", other))[0] == 200
    pending = (await ask(mailing.http, owner, "GET", "/v1/desk/people")).json()["invitations"]
    assert [one["email"] for one in pending] == ["nils@tea.example"]
    path = f"/v1/desk/audit?action=invitation_revoked&actor={owner.id}"
    entries = (await ask(mailing.http, owner, "GET", path)).json()["records"]
    assert [one["target_name"] for one in entries] == ["nora@tea.example"]


async def test_address_of_another_workspace_is_revealed_to_its_owner_only(
    mailing: World, post_office: MailServer
) -> None:
    """Threat 20."""
    owner = await mailing.operator()
    for address in (OSKAR.email, "unknown@bikes.example"):
        invitation = {"email": address, "role": "operator"}
        assert await post(mailing, owner, "/v1/desk/people/invite", invitation) == (204, "")
    sent = {mail["to"].addresses[0].addr_spec: text_of(mail) for mail in await wait_for_mails(post_office, 2)}
    assert "already has an account" in sent[OSKAR.email]
    assert not SECRET.search(sent[OSKAR.email])
    assert SECRET.search(sent["unknown@bikes.example"])
    pending = (await ask(mailing.http, owner, "GET", "/v1/desk/people")).json()["invitations"]
    assert {one["email"] for one in pending} == {OSKAR.email, "unknown@bikes.example"}
    assert len({tuple(sorted(one)) for one in pending}) == 1


async def test_forgotten_password_is_replaced_by_a_link(mailing: World, post_office: MailServer) -> None:
    """Threats 22, 24, 44."""
    one = hire(mailing)
    nora = await mailing.new_operator(one)
    foreign = {"host": "evil.example"}
    answer = await mailing.http.post(
        f"{mailing.server.address}/v1/reset/request", json={"email": one.email}, headers=foreign
    )
    assert answer.status_code == 421
    asked = await ask(
        mailing.http,
        mailing.stranger(),
        "POST",
        "/v1/reset/request",
        {"email": one.email.upper()},
        x_forwarded_host="evil.example",
    )
    assert asked.status_code == 204
    found = SECRET.search(text_of((await wait_for_mails(post_office, 1))[0]))
    assert found
    assert (found[1], found[2]) == (mailing.server.address, "reset")
    body = {"secret": found[3], "password": PASSWORD}
    assert await post(mailing, mailing.stranger(), "/v1/reset", body | {"password": "password1"}) == (
        400,
        "weak_password",
    )
    answers = await asyncio.gather(*(post(mailing, mailing.stranger(), "/v1/reset", body) for _ in range(6)))
    assert sorted(status for status, _ in answers) == [204] + [410] * 5
    assert code_of(await ask(mailing.http, nora, "GET", "/v1/desk/me")) == "invalid_token"
    assert code_of(await mailing.sign_in(one)) == "wrong_sign_in"
    assert (await mailing.sign_in(one, PASSWORD)).status_code == 200
    texts = [text_of(mail) for mail in await wait_for_mails(post_office, 2)]
    assert "Your password was reset" in texts[1]
    # A second factor is required as before.
    mailing.server.change("UPDATE operator SET totp_secret = X'00' WHERE id = ?", nora.id)
    assert (await mailing.sign_in(one, PASSWORD)).status_code == 202
    assert one.email not in mailing.server.log()
    assert found[3] not in mailing.server.log()


LARGEST_DIFFERENCE = 1.0
"""Seconds. A write takes a few milliseconds, sometimes more. An email within the request would take several times as
long. tests/unit/sign_in/test_password_reset.py proves that the request looks up no account."""


async def test_known_and_unknown_addresses_get_the_same_response(mailing: World, post_office: MailServer) -> None:
    """Threat 20: the same text and the same time."""
    disabled = hire(mailing)
    mailing.server.change("UPDATE operator SET status = 'disabled' WHERE email = ?", disabled.email)
    known = hire(mailing)
    answers = [
        await ask(mailing.http, mailing.stranger(), "POST", "/v1/reset/request", {"email": address})
        for address in (known.email, disabled.email, "nobody@tea.example")
    ]
    varying = {"date", "dpop-nonce", "x-request-id"}
    sent_headers = [{k: v for k, v in one.headers.items() if k not in varying} for one in answers]
    assert [(one.status_code, one.content) for one in answers] == [(204, b"")] * 3
    assert all(one == sent_headers[0] for one in sent_headers)
    (mail,) = await wait_for_mails(post_office, 1)
    assert mail["to"].addresses[0].addr_spec == known.email
    assert await largest_difference(mailing) < LARGEST_DIFFERENCE


async def largest_difference(world: World) -> float:
    """Return how much longer one kind takes than the other, by the fastest attempt of each. Other work of the machine
    only adds time. It measures up to a hundred pairs, in turns, and stops once there is no difference."""
    took: dict[bool, list[float]] = {True: [], False: []}
    person, difference = world.stranger(), 1.0
    while difference >= LARGEST_DIFFERENCE and len(took[True]) < 100:
        for number in range(10):
            one = hire(world)
            for exists in (True, False) if number % 2 else (False, True):
                address = one.email if exists else f"not-{one.email}"
                began = time.perf_counter()
                assert (await post(world, person, "/v1/reset/request", {"email": address}))[0] == 204
                took[exists].append(time.perf_counter() - began)
        least = sorted(map(min, took.values()))
        difference = least[1] / least[0] - 1
    return difference


async def test_emails_to_one_address_are_limited(mailing: World, post_office: MailServer) -> None:
    one = hire(mailing)
    answers = [
        await ask(mailing.http, mailing.stranger(), "POST", "/v1/reset/request", {"email": one.email}) for _ in range(5)
    ]
    assert [answer.status_code for answer in answers] == [204, 204, 204, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    await wait_for_mails(post_office, 3)
    # Of several links only the newest works.
    secrets = [await secret_of(post_office, number) for number in (1, 2, 3)]
    body = {"password": PASSWORD}
    statuses = [(await post(mailing, mailing.stranger(), "/v1/reset", body | {"secret": one}))[0] for one in secrets]
    assert sorted(statuses) == [204, 410, 410]


async def test_new_address_is_confirmed_and_the_old_one_notified(mailing: World, post_office: MailServer) -> None:
    one = hire(mailing)
    nora, address = await mailing.new_operator(one), f"new-{new_entry_id()}@tea.example"
    # An address that belongs to another operator gets no email, and the response does not reveal the account.
    assert await post(mailing, nora, "/v1/desk/me/email", {"email": OSKAR.email}) == (204, "")
    assert await post(mailing, nora, "/v1/desk/me/email", {"email": address}) == (204, "")
    (mail,) = await wait_for_mails(post_office, 1)
    assert mail["to"].addresses[0].addr_spec == address
    secret = await secret_of(post_office, 1)
    assert (await ask(mailing.http, nora, "GET", "/v1/desk/me")).json()["email"] == one.email
    # Threat 68: one of fifty simultaneous requests succeeds.
    confirm = {"secret": secret}
    answers = await asyncio.gather(
        *(post(mailing, mailing.stranger(), "/v1/email/confirm", confirm) for _ in range(50))
    )
    assert sorted(status for status, _ in answers) == [204] + [410] * 49
    assert (await ask(mailing.http, nora, "GET", "/v1/desk/me")).json()["email"] == address
    notice = (await wait_for_mails(post_office, 2))[1]
    assert notice["to"].addresses[0].addr_spec == one.email
    assert address in text_of(notice)


async def test_threat_24_password_reset_voids_a_link_that_a_thief_requested(
    mailing: World, post_office: MailServer
) -> None:
    """Otherwise a thief with an expired session could still move the account to another address, and reset the password
    there."""
    one = hire(mailing)
    thief = await mailing.new_operator(one)
    address = f"thief-{new_entry_id()}@evil.example"
    assert await post(mailing, thief, "/v1/desk/me/email", {"email": address}) == (204, "")
    theirs = await secret_of(post_office, 1)
    assert (await post(mailing, mailing.stranger(), "/v1/reset/request", {"email": one.email}))[0] == 204
    reset = {"secret": await secret_of(post_office, 2), "password": PASSWORD}
    assert await post(mailing, mailing.stranger(), "/v1/reset", reset) == (204, "")
    assert await post(mailing, mailing.stranger(), "/v1/email/confirm", {"secret": theirs}) == (410, "ticket_gone")
