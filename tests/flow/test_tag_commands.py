"""The commands about tags, consents and counters."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.consent import choice, choose, consented
from support.people import TEA, World, new_entry_id
from support.server import ServerProcess, environment_of, run_command
from support.vendors import Vendor, google, tiktok

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def vendors() -> Iterator[tuple[Vendor, Vendor]]:
    with google() as theirs, tiktok() as others:
        yield theirs, others


@pytest.fixture
def world(start_server: Callable[..., ServerProcess], open_world: Callable[[ServerProcess], World]) -> World:
    return open_world(start_server())


@pytest.fixture
def run(world: World, vendors: tuple[Vendor, Vendor]) -> Run:
    """Return a function that runs a command beside the server."""
    database: Path = world.server.database
    addresses = {"ga4_url": vendors[0].address, "tiktok_url": vendors[1].address}
    environment = environment_of(database, public_url=world.server.address, **addresses)

    def command(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        done = run_command(*words, environment=environment, stdin=stdin)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return command


def test_tag_in_the_browser_is_set_listed_and_removed(run: Run, world: World) -> None:
    done = run("tag", "set", TEA.key, "ga4", "--mode", "browser", "--id", "G-ABC123")
    assert done.returncode == 0, done.stderr
    line = f'data-category="analytics" data-service="ga4" data-src="{world.server.address}/tags/{TEA.key}/ga4.js"'
    assert line in done.stdout
    assert "consent revision is 2" in done.stdout
    listed = run("tag", "list", TEA.key).stdout
    assert "ga4  browser  G-ABC123" in listed
    assert line in listed
    assert run("tag", "drop", TEA.key, "ga4").returncode == 0
    assert run("tag", "list", TEA.key).stdout == "Consent revision 2, no vendor scripts\n"


def test_new_service_or_mode_increments_the_revision_and_a_new_id_does_not(run: Run) -> None:
    def revision(*words: str, stdin: str = "") -> str:
        return run("tag", "set", TEA.key, *words, stdin=stdin).stdout.partition(".")[0].rpartition(" ")[2]

    assert revision("ga4", "--mode", "browser", "--id", "G-ABC123") == "2"
    assert revision("ga4", "--mode", "browser", "--id", "G-ABC124") == "2"
    assert revision("tiktok", "--mode", "browser", "--id", "CPIXELTEA") == "3"
    assert revision("ga4", "--mode", "relay", "--id", "G-ABC124", "--secret-stdin", stdin="very-secret\n") == "4"
    assert "very-secret" not in run("tag", "list", TEA.key).stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("nobody", "ga4", "--mode", "browser", "--id", "G-ABC123"), "no site with the key nobody"),
        ((TEA.key, "ga4", "--mode", "browser", "--id", 'G-"><script>'), "A measurement ID looks like"),
        ((TEA.key, "tiktok", "--mode", "browser", "--id", "short"), "A pixel code has"),
        ((TEA.key, "ga4", "--mode", "relay", "--id", "G-ABC123"), "Pass it with --secret-stdin"),
        ((TEA.key, "other", "--mode", "relay", "--id", "G-ABC123"), "other"),
        ((TEA.key, "ga4", "--mode", "pigeon", "--id", "G-ABC123"), "pigeon"),
    ],
    ids=str,
)
def test_invalid_tag_is_reported(run: Run, words: tuple[str, ...], reason: str) -> None:
    done = run("tag", "set", *words)
    assert done.returncode == 2
    assert reason in done.stderr
    assert run("tag", "list", TEA.key).stdout == "Consent revision 1, no vendor scripts\n"


def test_connection_to_google_is_tested_by_its_validation_endpoint(run: Run, vendors: tuple[Vendor, Vendor]) -> None:
    run("tag", "set", TEA.key, "ga4", "--mode", "relay", "--id", "G-ABC123", "--secret-stdin", stdin="very-secret\n")
    assert run("tag", "test", TEA.key, "ga4").stdout == "ga4 accepted the test event.\n"
    asked = vendors[0].relayed()
    assert [(one.path, one.query["api_secret"]) for one in asked] == [("/debug/mp/collect", "very-secret")]
    vendors[0].mood = "refusing"
    done = run("tag", "test", TEA.key, "ga4")
    assert (done.returncode, "NAME_INVALID" in done.stdout) == (1, True)
    vendors[0].mood = "failing"
    done = run("tag", "test", TEA.key, "ga4")
    assert (done.returncode, "the vendor responded with status 500" in done.stdout) == (1, True)
    assert "very-secret" not in done.stdout + done.stderr


def test_connection_to_tiktok_is_tested_with_a_test_code(run: Run, vendors: tuple[Vendor, Vendor]) -> None:
    run("tag", "set", TEA.key, "tiktok", "--mode", "relay", "--id", "CPIXELTEA", "--secret-stdin", stdin="secret\n")
    assert run("tag", "test", TEA.key, "tiktok").returncode == 2, "without a code the event would count"
    assert run("tag", "test", TEA.key, "tiktok", "--test-code", "TEST1").stdout == "tiktok accepted the test event.\n"
    assert [one.json["test_event_code"] for one in vendors[1].relayed()] == ["TEST1"]
    vendors[1].mood = "refusing"
    done = run("tag", "test", TEA.key, "tiktok", "--test-code", "TEST1")
    assert (done.returncode, "40105" in done.stdout) == (1, True)


async def test_records_are_exported_one_per_line(run: Run, world: World) -> None:
    run("tag", "set", TEA.key, "ga4", "--mode", "browser", "--id", "G-ABC123")
    first = await consented(world, 2)
    last = await choose(world, choice(2, 0, 0, previous=first))
    done = run("consent", "export", "--site", TEA.key)
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["receipt_id"] for one in documents] == [first, last.json()["receipt"]]
    assert [one["x:latest"] for one in documents] == [False, True]
    mandatory = {"schema_version", "record_id", "receipt_id", "pii_principal_id", "processing", "party"}
    assert all(mandatory <= {*one} for one in documents)
    assert run("consent", "export", "--site", "nobody").returncode == 2


async def test_counters_are_exported(run: Run, world: World) -> None:
    vera = await world.visitor()
    await world.visitor()
    desk = await world.stream(await world.operator())
    await desk.send("send", id=new_entry_id(), conversation=vera.conversation, text="Hello")
    await desk.until("ack")
    await desk.send("close", id=new_entry_id(), conversation=vera.conversation)
    await desk.until("ack")
    head, row = run("counters", TEA.key).stdout.splitlines()
    assert dict(zip(head.split()[1:], row.split()[1:], strict=True)) == {
        "chats": "2",
        "visitor_messages": "2",
        "operator_messages": "1",
        "closed": "1",
    }
