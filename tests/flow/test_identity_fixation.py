"""A session, code, link or key from before a verification does not reach the verified contact (H-1)."""

import asyncio
import email.message
import itertools
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from support import vouching
from support.client import Person, ask
from support.mail_server import MailServer, mail_server
from support.people import TEA, World, say
from support.server import ServerProcess
from support.storage import Storage
from support.vouching import SigningKey, add_key, code_of, retire_keys, set_mode, take_session

pytestmark = pytest.mark.storages("sqlite", "postgres")

OpenWorld = Callable[[ServerProcess], World]
Verifying = tuple[World, SigningKey]

CODE, LINK = "/v1/visitor/continue/code", "/v1/visitor/continue/mail"
networks = itertools.count(1)
LINK_SECRET = re.compile(r"#continue=(crt_[\w-]+)")


@pytest.fixture(scope="module")
def post_office() -> Iterator[MailServer]:
    """Return where the server of these tests sends its emails."""
    with mail_server() as office:
        yield office


@pytest.fixture(scope="module")
def verifying_server(
    storage: Storage, post_office: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """Start one server for all tests of this file."""
    mailing = {"smtp_url": f"smtp://127.0.0.1:{post_office.port}", "mail_from": "chat@tea.example"}
    database = storage.new_database(tmp_path_factory.mktemp("verifying"))
    server = ServerProcess(
        database, **storage.settings, **mailing, task_poll_seconds=0.1, trusted_proxies="127.0.0.0/8"
    )
    server.start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log()


@pytest_asyncio.fixture
async def verifying(verifying_server: ServerProcess, open_world: OpenWorld) -> AsyncIterator[Verifying]:
    """Return the tea shop, which may verify its visitors, and its key."""
    world = open_world(verifying_server)
    owner = await world.operator()
    await retire_keys(world, owner)
    await set_mode(world, owner, "optional")
    yield world, await add_key(world, owner)


def new_network() -> str:
    """Return a network that has used up no limit yet."""
    return f"2001:db8:{next(networks):x}::1"


async def identify(world: World, person: Person, token: str) -> Any:
    return await vouching.identify(world, person, token, x_forwarded_for=new_network())


async def new_code(world: World, person: Person) -> str:
    answer = await ask(world.http, person, "POST", CODE, {})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["code"])


async def new_link(world: World, person: Person, office: MailServer) -> str:
    """Return the secret of a link from the email that was sent."""
    address = f"{person.conversation}@tea.example"
    answer = await ask(
        world.http, person, "POST", LINK, {"email": address, "language": "en"}, x_forwarded_for=new_network()
    )
    assert answer.status_code == 204, answer.text

    def find() -> str:
        for number in range(1, 100):
            mail = office.wait_for(number)[number - 1]
            if mail["to"].addresses[0].addr_spec == address:
                return secret_in(mail)
        raise AssertionError("no email was sent")

    return await asyncio.to_thread(find)


def secret_in(mail: email.message.EmailMessage) -> str:
    part = mail.get_body(("plain",))
    found = LINK_SECRET.search(str(part and part.get_content()))
    assert found
    return found[1]


async def redeem(world: World, secret: str, person: Person | None = None) -> tuple[Person, Any]:
    person = person or world.stranger()
    body = {"site": TEA.key, "secret": secret}
    answer = await ask(world.http, person, "POST", "/v1/visitor/continue", body, x_forwarded_for=new_network())
    if answer.status_code == 200:
        take_session(person, answer.json())
    return person, answer


async def export(world: World, person: Person) -> tuple[int, list[list[str]]]:
    """Return the status, and the texts of each conversation."""
    answer = await ask(world.http, person, "GET", "/v1/visitor/export")
    if answer.status_code != 200:
        return answer.status_code, []
    return 200, [[entry["data"]["text"] for entry in one["entries"]] for one in answer.json()["conversations"]]


async def history_of(world: World, key: SigningKey, subject: str) -> Person:
    """Return a verified visitor who has written on another device."""
    person = await world.visitor(f"The history of {subject}")
    assert (await identify(world, person, key.token(subject))).status_code == 200
    return person


@pytest.mark.parametrize("how", ["code", "link"])
async def test_session_from_before_the_verification_ends(
    verifying: Verifying, post_office: MailServer, how: str
) -> None:
    world, key = verifying
    home = await history_of(world, key, f"anna {how}")
    attacker = await world.visitor("Come with me")
    secret = await (new_code(world, attacker) if how == "code" else new_link(world, attacker, post_office))
    victim, answer = await redeem(world, secret)
    assert answer.status_code == 200
    assert await export(world, attacker) == (200, [["Come with me"]]), "the premise: the session is valid"
    stream, own = await world.stream(attacker), await world.stream(victim)
    assert (await identify(world, victim, key.token(f"anna {how}"))).status_code == 200
    assert (await stream.until_over()).code == 4401
    for method, path in (("GET", "/v1/visitor/export"), ("POST", "/v1/visitor/erase"), ("POST", CODE)):
        assert (await ask(world.http, attacker, method, path)).status_code == 401, path
    assert (await say(own, "A secret"))["op"] == "ack", "the verified session stays valid"
    everything = [[f"The history of anna {how}"], ["Come with me", "A secret"]]
    assert await export(world, victim) == (200, everything)
    assert await export(world, home) == (200, everything)


async def test_key_that_started_the_conversation_opens_no_session_of_the_contact(verifying: Verifying) -> None:
    world, key = verifying
    await history_of(world, key, "berta")
    attacker = await world.visitor("Come with me")
    again = await world.start(attacker, "I am back")
    assert again.json()["conversation"] == attacker.conversation, "the premise: the key finds the conversation"
    victim, _ = await redeem(world, await new_code(world, attacker))
    assert (await identify(world, victim, key.token("berta"))).status_code == 200
    again = await world.start(attacker, "I am back once more")
    assert again.status_code == 201
    assert again.json()["conversation"] != victim.conversation
    take_session(attacker, {**again.json()})
    assert await export(world, attacker) == (200, [["I am back once more"]])


async def test_codes_and_links_from_before_the_verification_are_void(
    verifying: Verifying, post_office: MailServer
) -> None:
    world, key = verifying
    attacker = await world.visitor("Come with me")
    victim, _ = await redeem(world, await new_code(world, attacker))
    link, other = [await new_link(world, attacker, post_office) for _ in range(2)]
    code = await new_code(world, attacker)
    _, answer = await redeem(world, other)
    assert answer.status_code == 200, "the premise: such a link works"
    assert (await identify(world, victim, key.token("carla"))).status_code == 200
    for secret in (link, code):
        _, answer = await redeem(world, secret)
        assert (answer.status_code, code_of(answer)) == (410, "ticket_gone")
    assert (await redeem(world, await new_code(world, victim)))[1].status_code == 200, "a new code works"


async def test_start_with_a_token_ends_the_other_sessions(verifying: Verifying) -> None:
    world, key = verifying
    await history_of(world, key, "doris")
    visitor = await world.visitor("Mine")
    other, _ = await redeem(world, await new_code(world, visitor))
    open_code = await new_code(world, visitor)
    stream = await world.stream(other)
    started = await world.start(visitor, "With a token", identity=key.token("doris"))
    assert started.status_code == 201, started.text
    assert (await stream.until_over()).code == 4401
    assert await export(world, other) == (401, [])
    assert code_of((await redeem(world, open_code))[1]) == "ticket_gone"
    take_session(visitor, started.json())
    assert await export(world, visitor) == (200, [["The history of doris"], ["Mine", "With a token"]])


async def test_second_verification_ends_no_session(verifying: Verifying) -> None:
    world, key = verifying
    phone = await history_of(world, key, "erna")
    laptop = world.stranger()
    take_session(laptop, (await identify(world, laptop, key.token("erna"))).json()["session"])
    tablet, _ = await redeem(world, await new_code(world, phone))
    code = await new_code(world, phone)
    streams = [await world.stream(one) for one in (phone, laptop, tablet)]
    for one in (phone, laptop, tablet, phone):
        assert (await identify(world, one, key.token("erna"))).status_code == 200
    for stream in streams:
        await stream.settled()
    assert (await redeem(world, code))[1].status_code == 200


async def test_refused_verification_ends_no_session(verifying: Verifying) -> None:
    world, key = verifying
    phone = await history_of(world, key, "frida")
    tablet, _ = await redeem(world, await new_code(world, phone))
    code = await new_code(world, phone)
    assert code_of(await identify(world, tablet, key.token("gerda"))) == "other_identity"
    assert (await export(world, phone))[0] == 200
    assert (await redeem(world, code))[1].status_code == 200


async def test_code_for_one_conversation_exports_and_erases_no_other(verifying: Verifying) -> None:
    world, key = verifying
    home = await history_of(world, key, "hanna")
    phone = await world.visitor("From my phone")
    token = key.token("hanna", email="hanna@tea.example")
    assert (await identify(world, phone, token)).status_code == 200
    everything = [["The history of hanna"], ["From my phone"]]
    assert await export(world, phone) == (200, everything), "the premise: the contact has more conversations"
    other, _ = await redeem(world, await new_code(world, phone))
    answer = (await ask(world.http, other, "GET", "/v1/visitor/export")).json()
    assert [one["id"] for one in answer["conversations"]] == [phone.conversation]
    assert answer["visitor"]["contact"] is None
    assert "hanna@tea.example" not in str(answer)
    another, _ = await redeem(world, await new_code(world, other))
    assert await export(world, another) == (200, [["From my phone"]]), "nor does a code that was made from it"
    erased = await ask(world.http, other, "POST", "/v1/visitor/erase")
    assert erased.json() == {"conversations": 1, "messages": 1}
    assert await export(world, home) == (200, [["The history of hanna"]])
    assert await export(world, phone) == (401, [])


async def test_continued_session_reaches_everything_once_it_is_verified(verifying: Verifying) -> None:
    world, key = verifying
    home = await history_of(world, key, "ida")
    phone = await world.visitor("From my phone")
    await identify(world, phone, key.token("ida"))
    laptop, _ = await redeem(world, await new_code(world, phone))
    assert await export(world, laptop) == (200, [["From my phone"]])
    assert (await identify(world, laptop, key.token("ida"))).status_code == 200
    assert await export(world, laptop) == (200, [["The history of ida"], ["From my phone"]])
    erased = await ask(world.http, laptop, "POST", "/v1/visitor/erase")
    assert erased.json() == {"conversations": 2, "messages": 2}
    assert await export(world, home) == (401, [])


async def test_session_started_by_a_key_without_a_token_reaches_only_its_own_conversation(verifying: Verifying) -> None:
    world, key = verifying
    await history_of(world, key, "jana")
    phone = await history_of(world, key, "jana")
    assert len((await export(world, phone))[1]) == 2, "the premise"
    started = await world.start(phone, "Without a token")
    assert started.json()["conversation"] == phone.conversation
    take_session(phone, started.json())
    assert await export(world, phone) == (200, [["The history of jana", "Without a token"]])


ROUNDS = 12
"""The first two attempts are not simultaneous, so that both outcomes occur."""


async def test_simultaneous_redeeming_and_verifying_leaves_no_unverified_session(verifying: Verifying) -> None:
    world, key = verifying
    outcomes: set[int] = set()
    for number in range(ROUNDS):
        attacker = await world.visitor("Come with me")
        victim, _ = await redeem(world, await new_code(world, attacker))
        code, accomplice = await new_code(world, attacker), world.stranger()
        verify = identify(world, victim, key.token(f"race {number}"))
        take = redeem(world, code, accomplice)
        if number == 0:
            (_, taken), verified = await take, await verify
        elif number == 1:
            verified, (_, taken) = await verify, await take
        elif number % 2:
            verified, (_, taken) = await asyncio.gather(verify, take)
        else:
            (_, taken), verified = await asyncio.gather(take, verify)
        assert verified.status_code == 200
        assert taken.status_code in {200, 410}, taken.text
        outcomes.add(taken.status_code)
        if taken.status_code == 200:
            assert await export(world, accomplice) == (401, [])
        assert await export(world, attacker) == (401, [])
    assert outcomes == {200, 410}, "the premise: both orders occur"


async def test_two_devices_that_are_verified_at_once_both_keep_their_session(verifying: Verifying) -> None:
    world, key = verifying
    for number in range(ROUNDS):
        phone = await world.visitor("Mine")
        laptop, answer = await redeem(world, await new_code(world, phone))
        assert answer.status_code == 200, "the premise: two devices have one conversation"
        token = key.token(f"both {number}")
        answers = await asyncio.gather(identify(world, phone, token), identify(world, laptop, token))
        assert sorted(one.status_code for one in answers) == [200, 401]
        for device, answer in zip((phone, laptop), answers, strict=True):
            if answer.status_code == 401:
                # As the chat does: its session has ended, and the page's token starts another.
                device.token = None
                take_session(device, (await identify(world, device, token)).json()["session"])
            assert await export(world, device) == (200, [["Mine"]])
