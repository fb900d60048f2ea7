"""The relay sends Google and TikTok only the promised fields, only under consent, and nothing after a withdrawal."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.client import DEADLINE, Person, ask
from support.consent import choice, choose, consented, take_off, use_tags
from support.people import World, new_entry_id
from support.server import ServerProcess
from support.vendors import Mood, Vendor, google, tiktok

pytestmark = pytest.mark.storages("sqlite", "postgres")

EVENTS_QUEUED = "FROM task WHERE kind IN ('ga4', 'tiktok')"
QUEUE = f"SELECT count(*) {EVENTS_QUEUED}"
EVENTS = "/open_api/v1.3/event/track/"


@pytest.fixture
def vendors() -> Iterator[tuple[Vendor, Vendor]]:
    with google() as theirs, tiktok() as others:
        yield theirs, others


Relaying = tuple[World, Vendor, Vendor]


@pytest.fixture
def relaying(
    vendors: tuple[Vendor, Vendor],
    start_server: Callable[..., ServerProcess],
    open_world: Callable[[ServerProcess], World],
) -> Relaying:
    """Start a server whose relays send to test doubles."""
    server = start_server(ga4_url=vendors[0].address, tiktok_url=vendors[1].address, task_poll_seconds=0.2)
    return open_world(server), *vendors


async def visit(world: World, receipt: str | None) -> Person:
    """Return a visitor whose page has this receipt, after a first message."""
    person = world.stranger()
    answer = await world.start(person, "My card is 4111", consent=receipt)
    assert answer.status_code == 201, answer.text
    started = answer.json()
    person.token, person.id, person.conversation = started["token"], started["visitor"], started["conversation"]
    return person


async def send_text(world: World, person: Person, words: str = "More words") -> None:
    stream = await world.stream(person)
    await stream.send("send", id=new_entry_id(), conversation=person.conversation, text=words)
    await stream.until("ack")


async def arrives(vendor: Vendor, condition: Callable[[], bool], seconds: float = 15) -> None:
    await asyncio.to_thread(vendor.wait_for, condition, seconds)


async def queue_is(world: World, number: int, seconds: float = DEADLINE) -> None:
    async def there() -> bool:
        return world.server.rows(QUEUE) == [(number,)]

    await world.eventually(there, seconds)


async def reschedule(world: World, number: int) -> None:
    """Return once each of these events was tried and waits ten seconds for its next attempt: none is in flight."""

    async def all_wait() -> bool:
        rows = world.server.rows(f"SELECT attempts {EVENTS_QUEUED} AND attempts > 0 AND claimed_by IS NULL")
        return len(rows) == number

    await world.eventually(all_wait)


def retry_now(world: World) -> None:
    """Make every waiting event due, as the ten seconds would that pass before its next attempt."""
    world.server.change("UPDATE task SET due_at = 0 WHERE kind IN ('ga4', 'tiktok') AND claimed_by IS NULL")


def names(vendor: Vendor) -> list[str]:
    """Return the names of the events that a vendor received, in order."""
    bodies = [one.json for one in vendor.relayed()]
    return [event.get("name") or event["event"] for body in bodies for event in body.get("events") or body["data"]]


@pytest.mark.storages("sqlite")
async def test_google_receives_only_the_promised_fields(relaying: Relaying) -> None:
    world, theirs, others = relaying
    receipt = await consented(world, use_tags(world.server, "ga4"))
    vera = await visit(world, receipt)
    await arrives(theirs, lambda: names(theirs) == ["chat_start"])
    event = theirs.relayed()[0]
    assert (event.path, event.query) == ("/mp/collect", {"measurement_id": "G-TEA123", "api_secret": "google-secret"})
    body = event.json
    client = body.pop("client_id")
    assert re.fullmatch(r"\d+\.\d{10}", client)
    at = body["events"][0].pop("timestamp_micros")
    assert world.server.rows("SELECT at FROM entry WHERE CAST(data AS TEXT) LIKE '%My card is 4111%'") == [
        (at // 1000,)
    ]
    assert body == {
        "non_personalized_ads": True,
        "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
        "events": [
            {"name": "chat_start", "params": {"session_id": client.partition(".")[2], "engagement_time_msec": 1}}
        ],
    }
    await send_text(world, vera)
    await arrives(theirs, lambda: len(theirs.relayed()) == 2)
    assert theirs.relayed()[1].json["client_id"] == client, "one chat has one ID"
    check_nothing_personal(theirs, vera, receipt)
    assert others.arrived == []


@pytest.mark.storages("sqlite")
async def test_tiktok_receives_only_the_promised_fields(relaying: Relaying) -> None:
    world, theirs, others = relaying
    receipt = await consented(world, use_tags(world.server, "tiktok"))
    vera = await visit(world, receipt)
    await arrives(others, lambda: names(others) == ["Contact"])
    event = others.relayed()[0]
    assert (event.path, event.query, event.headers["access-token"]) == (EVENTS, {}, "tiktok-secret")
    body = event.json
    assert re.fullmatch(r"[0-9a-f]{32}", body["data"][0].pop("event_id"))
    assert abs(body["data"][0].pop("event_time") - int(vera_started(world))) <= 1
    assert body == {
        "event_source": "web",
        "event_source_id": "CPIXELTEA",
        "data": [{"event": "Contact", "user": {}, "page": {"url": "https://tea.example"}}],
    }
    check_nothing_personal(others, vera, receipt)
    assert theirs.arrived == []


def vera_started(world: World) -> float:
    return world.server.rows("SELECT at FROM entry WHERE seq = 1")[0][0] / 1000


def check_nothing_personal(vendor: Vendor, person: Person, receipt: str) -> None:
    """Assert that no request contains a text, ID, receipt or address."""
    for one in vendor.relayed():
        request_text = json.dumps([one.path, one.query, one.headers, one.body.decode()])
        planted = ("4111", "words", person.id, person.conversation, receipt, "python", "cookie")
        assert [word for word in planted if word in request_text] == []


async def test_every_kind_of_event_is_sent(relaying: Relaying) -> None:
    world, theirs, _ = relaying
    vera = await visit(world, await consented(world, use_tags(world.server, "ga4")))
    await send_text(world, vera)
    desk = await world.stream(await world.operator())
    await desk.send("send", id=new_entry_id(), conversation=vera.conversation, text="An answer is nobody's event")
    await desk.until("ack")
    await desk.send("close", id=new_entry_id(), conversation=vera.conversation)
    await arrives(theirs, lambda: len(names(theirs)) == 3)
    assert sorted(names(theirs)) == ["chat_closed", "chat_message_sent", "chat_start"]
    assert world.server.rows(QUEUE) == [(0,)] or await queue_is(world, 0) is None
    counted = world.server.rows("SELECT name, sum(count) FROM site_counter GROUP BY name")
    assert counted == [("ga4_sent", 3)]


@pytest.mark.storages("sqlite")
@pytest.mark.parametrize("receipt", [None, "A" * 22, "x" * 64, "", "../../keys"], ids=repr)
async def test_no_event_is_sent_before_consent(relaying: Relaying, receipt: str | None) -> None:
    world, theirs, others = relaying
    revision = use_tags(world.server, "ga4", "tiktok")
    quiet = await visit(world, receipt)
    await send_text(world, quiet)
    # A visitor with consent writes later, and that event is sent. An earlier event would have been sent before it.
    await visit(world, await consented(world, revision))
    await arrives(theirs, lambda: names(theirs) == ["chat_start"])
    await arrives(others, lambda: names(others) == ["Contact"])
    await queue_is(world, 0)
    assert (len(theirs.arrived), len(others.arrived)) == (1, 1)


@pytest.mark.storages("sqlite")
async def test_each_service_needs_its_own_category(relaying: Relaying) -> None:
    world, theirs, others = relaying
    revision = use_tags(world.server, "ga4", "tiktok")
    await visit(world, await consented(world, revision, marketing=0))
    await arrives(theirs, lambda: names(theirs) == ["chat_start"])
    await visit(world, await consented(world, revision, analytics=0))
    await arrives(others, lambda: names(others) == ["Contact"])
    await queue_is(world, 0)
    assert (len(theirs.arrived), len(others.arrived)) == (1, 1)


async def test_consent_during_the_chat_applies_to_later_events(relaying: Relaying) -> None:
    world, theirs, _ = relaying
    revision = use_tags(world.server, "ga4")
    vera = await visit(world, None)
    receipt = await consented(world, revision)
    answer = await ask(world.http, vera, "POST", "/v1/visitor/consent", {"receipt": receipt})
    assert answer.status_code == 204
    await send_text(world, vera)
    await arrives(theirs, lambda: names(theirs) == ["chat_message_sent"])
    assert (await ask(world.http, vera, "POST", "/v1/visitor/consent", {"receipt": None})).status_code == 204
    await send_text(world, vera, "Not told")
    await visit(world, receipt)
    await arrives(theirs, lambda: len(names(theirs)) == 2)
    assert names(theirs)[1] == "chat_start"


@pytest.mark.storages("sqlite")
async def test_receipt_of_another_site_is_refused(relaying: Relaying) -> None:
    from support.people import BIKES

    world, _, _ = relaying
    use_tags(world.server, "ga4")
    theirs = await choose(world, choice(use_tags(world.server, "ga4", shop=BIKES), shop=BIKES), BIKES)
    vera = await visit(world, None)
    for receipt in (theirs.json()["receipt"], "A" * 22, "no receipt"):
        answer = await ask(world.http, vera, "POST", "/v1/visitor/consent", {"receipt": receipt})
        assert answer.status_code == 404


MOODS: list[Mood] = ["failing", "refusing", "redirecting", "silent", "endless"]


@pytest.mark.parametrize("mood", MOODS)
async def test_unreachable_vendor_delays_no_other_work_and_loses_no_event(relaying: Relaying, mood: Mood) -> None:
    world, theirs, others = relaying
    others.mood = mood
    revision = use_tags(world.server, "ga4", "tiktok")
    await visit(world, await consented(world, revision))
    await arrives(others, lambda: len(others.relayed()) == 1)
    # In the meantime chats continue, and the other vendor receives events.
    await send_text(world, await visit(world, None))
    await arrives(theirs, lambda: names(theirs) == ["chat_start"])
    assert world.server.rows(f"{QUEUE} AND kind = 'tiktok'") == [(1,)]
    if mood == "silent":
        return
    await reschedule(world, 1)
    others.mood = "fine"
    retry_now(world)
    await queue_is(world, 0, 30)
    ids = [one.json["data"][0]["event_id"] for one in others.relayed()]
    assert len(ids) >= 2
    assert len({*ids}) == 1, "a repeat is the same event to the vendor"
    assert {one.path for one in others.arrived} == {EVENTS}, "no redirect was followed"


async def test_no_event_is_sent_after_a_withdrawal_even_from_the_queue(relaying: Relaying) -> None:
    world, theirs, others = relaying
    theirs.mood = others.mood = "failing"
    revision = use_tags(world.server, "ga4", "tiktok")
    receipt = await consented(world, revision)
    vera = await visit(world, receipt)
    await send_text(world, vera)
    # An event in flight at the time of the withdrawal may still arrive. A queued event may not.
    await reschedule(world, 4)
    await choose(world, choice(revision, 0, 0, previous=receipt))
    assert world.server.rows(QUEUE) == [(0,)], "deleted in the withdrawal's own transaction"
    theirs.mood = others.mood = "fine"
    await send_text(world, vera, "Not told")
    counts = len(theirs.arrived), len(others.arrived)
    other = await consented(world, revision)
    await visit(world, other)
    await arrives(theirs, lambda: len(theirs.arrived) > counts[0])
    await arrives(others, lambda: len(others.arrived) > counts[1])
    assert names(theirs)[counts[0] :] == ["chat_start"]
    assert len(names(others)) - len([one for one in others.arrived[: counts[1]] for _ in one.json["data"]]) == 1


async def test_withdrawal_of_one_category_does_not_affect_the_other(relaying: Relaying) -> None:
    world, theirs, others = relaying
    theirs.mood = others.mood = "failing"
    revision = use_tags(world.server, "ga4", "tiktok")
    receipt = await consented(world, revision)
    await visit(world, receipt)
    await queue_is(world, 2)
    await choose(world, choice(revision, analytics=1, marketing=0, previous=receipt))
    assert world.server.rows(f"SELECT kind {EVENTS_QUEUED}") == [("ga4",)]


async def test_removed_or_changed_tag_receives_no_event(relaying: Relaying) -> None:
    world, theirs, others = relaying
    theirs.mood = others.mood = "failing"
    revision = use_tags(world.server, "ga4", "tiktok")
    await visit(world, await consented(world, revision))
    await reschedule(world, 2)
    take_off(world.server, "tiktok")
    use_tags(world.server, "tiktok", mode="browser")
    tried = len(others.arrived)
    world.server.change("UPDATE task SET due_at = 0 WHERE kind IN ('ga4', 'tiktok')")
    # A new event wakes the worker. The revision has increased, so the old consent is no longer valid.
    await visit(world, await consented(world, revision + 1))
    await queue_is(world, 1)
    assert len(others.arrived) == tried


async def test_expired_event_is_dropped_and_counted(relaying: Relaying) -> None:
    world, theirs, _ = relaying
    theirs.mood = "failing"
    await visit(world, await consented(world, use_tags(world.server, "ga4")))
    await reschedule(world, 1)
    world.server.change("UPDATE task SET created_at = created_at - ? WHERE kind = 'ga4'", 73 * 3_600_000)
    retry_now(world)
    await queue_is(world, 0, 30)
    assert len(theirs.arrived) >= 2
    assert world.server.rows("SELECT name, sum(count) FROM site_counter GROUP BY name") == [("ga4_dropped", 1)]


async def test_queue_survives_a_kill(relaying: Relaying) -> None:
    world, theirs, _ = relaying
    theirs.mood = "silent"
    await visit(world, await consented(world, use_tags(world.server, "ga4")))
    await arrives(theirs, lambda: len(theirs.arrived) == 1)
    world.server.kill()
    assert world.server.rows(f"{QUEUE} AND claimed_until > 0") == [(1,)], "the killed node's lease has not expired"
    world.server.change("UPDATE task SET claimed_until = 0 WHERE kind = 'ga4'")
    theirs.mood = "fine"
    await asyncio.to_thread(world.server.start)
    await arrives(theirs, lambda: len(theirs.arrived) == 2)
    first, second = (one.json for one in theirs.relayed())
    assert first["events"][0]["timestamp_micros"] == second["events"][0]["timestamp_micros"]
    assert first["client_id"] != second["client_id"], "the counter was in memory only"


@pytest.mark.storages("sqlite")
async def test_secrets_and_addresses_of_a_vendor_are_not_logged(relaying: Relaying) -> None:
    world, theirs, _ = relaying
    theirs.mood = "failing"
    await visit(world, await consented(world, use_tags(world.server, "ga4")))

    async def logged() -> bool:
        return "ga4 rejected 1 events: the vendor responded with status 500" in world.server.log()

    await world.eventually(logged)
    assert "google-secret" not in world.server.log()


async def test_consent_survives_a_restart(relaying: Relaying) -> None:
    world, theirs, _ = relaying
    vera = await visit(world, await consented(world, use_tags(world.server, "ga4")))
    await arrives(theirs, lambda: names(theirs) == ["chat_start"])
    await queue_is(world, 0)
    world.server.kill()
    await asyncio.to_thread(world.server.start)
    await send_text(world, vera)
    await arrives(theirs, lambda: names(theirs) == ["chat_start", "chat_message_sent"])


async def test_event_is_queued_in_the_transaction_of_its_message(relaying: Relaying) -> None:
    world, theirs, _ = relaying
    theirs.mood = "failing"
    vera = await visit(world, await consented(world, use_tags(world.server, "ga4")))
    stream = await world.stream(vera)
    entry_id = new_entry_id()
    for words, op in (("Once", "ack"), ("Once", "ack"), ("Another text under the same id", "error")):
        await stream.send("send", id=entry_id, conversation=vera.conversation, text=words)
        await stream.until(op)
        # Without waiting: the event of an acknowledged message is queued already.
        assert world.server.rows(QUEUE) == [(2,)]


CHAINS = "SELECT receipt_chain FROM conversation WHERE id = ?"


async def test_only_the_conversation_has_its_consent_and_only_as_long_as_needed(relaying: Relaying) -> None:
    world, theirs, _ = relaying
    theirs.mood = "failing"
    receipt = await consented(world, use_tags(world.server, "ga4"))
    vera = await visit(world, receipt)
    await queue_is(world, 1)
    stored: list[Any] = [
        *world.server.rows(f"SELECT * {EVENTS_QUEUED}"),
        *world.server.rows("SELECT * FROM consent_receipt"),
    ]
    assert [name for name in (vera.id, vera.conversation) if name in str(stored)] == []
    assert world.server.rows(CHAINS, vera.conversation) == [(receipt,)]
    assert (await ask(world.http, vera, "POST", "/v1/visitor/consent", {"receipt": None})).status_code == 204
    assert world.server.rows(CHAINS, vera.conversation) == [(None,)]
    assert (await ask(world.http, vera, "POST", "/v1/visitor/consent", {"receipt": receipt})).status_code == 204
    assert world.server.rows(CHAINS, vera.conversation) == [(receipt,)]
    assert (await ask(world.http, vera, "POST", "/v1/visitor/erase", {})).status_code == 200
    assert world.server.rows(CHAINS, vera.conversation) == [(None,)]


async def test_conversation_of_a_site_without_relay_stores_no_consent(relaying: Relaying) -> None:
    world, _, _ = relaying
    vera = await visit(world, await consented(world, use_tags(world.server, "ga4", mode="browser")))
    assert world.server.rows(CHAINS, vera.conversation) == [(None,)]
