"""The metrics of a node: complete, correct, documented, and readable with the token only."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from support.people import OLGA, World, say
from support.server import ServerProcess

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-of-the-test-0123456789"


async def scrape(world: World) -> dict[str, Metric]:
    """Return every family of `/metrics`, by name."""
    headers = {"authorization": f"Bearer {TOKEN}", "host": "10.0.0.1:9"}
    answer = await world.http.get(f"{world.server.address}/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-store"
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(families: dict[str, Metric], sample: str, **labels: str) -> float:
    """Return the value of one sample. Return 0 if it is missing."""
    found = [one for family in families.values() for one in family.samples if one.name == sample]
    assert found, f"there is no {sample}"
    return next((one.value for one in found if labels.items() <= one.labels.items()), 0)


async def test_busy_node_counts_its_work(start_server: StartServer, open_world: OpenWorld) -> None:
    world = open_world(start_server(metrics_token=TOKEN))
    before = await scrape(world)
    assert value(before, "crumbless_connections", audience="visitor") == 0
    vera, olga = await world.visitor(), await world.operator(OLGA)
    stream = await world.stream(vera)
    await world.stream(olga, "poll")
    await world.raw_stream(vera, "stream")
    for number in range(10):
        assert (await say(stream, f"words {number}"))["op"] == "ack"
    assert (await world.sign_in(OLGA, "wrong password")).status_code == 401
    for path in ("/v1/desk/me", "/nowhere/1", "/nowhere/2"):
        await world.http.get(world.server.address + path)
    after = await scrape(world)
    for audience in ("visitor", "operator", "unauthenticated"):
        assert value(after, "crumbless_connections", audience=audience) == 1, audience
    assert value(after, "crumbless_entries_appended_total") == 11
    assert value(after, "crumbless_ledger_commit_seconds_count") >= 11
    assert value(after, "crumbless_ledger_batch_size_sum") >= 12
    assert value(after, "crumbless_ledger_queue") == 0
    assert value(after, "crumbless_ledger_healthy") == 1
    assert value(after, "crumbless_http_errors_total", code="wrong_sign_in") == 1
    assert value(after, "crumbless_http_responses_total", route="/v1/desk/me", status="401") == 1
    assert value(after, "crumbless_http_responses_total", route="(none)", status="404") == 2
    assert value(after, "crumbless_http_responses_total", route="/v1/stream", status="101") == 1
    assert value(after, "crumbless_tasks", state="dead") == 0
    assert value(after, "process_resident_memory_bytes") > 10_000_000
    text = (await world.http.get(f"{world.server.address}/metrics", headers={"authorization": f"Bearer {TOKEN}"})).text
    assert not re.search(rf"{vera.id}|{olga.id}|nowhere/1|127\.0\.0\.1|tea\.example", text)
    check_documents(after)
    await check_unauthenticated(world)


def check_documents(families: dict[str, Metric]) -> None:
    """The documented table names exactly the exported metrics, and the alerts use only those."""
    table = (ROOT / "docs" / "operations.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `(crumbless_\w+)` \|", table, re.MULTILINE))
    ours = [family for family in families.values() if family.name.startswith("crumbless_")]
    exported = {f"{family.name}_total" if family.type == "counter" else family.name for family in ours}
    assert documented == exported
    rules = (ROOT / "deploy" / "prometheus_rules.yaml").read_text("utf-8")
    used = {re.sub(r"_bucket$", "", name) for name in re.findall(r"\b(?:crumbless|process)_\w+", rules)}
    assert len(used) > 8
    assert used - exported - {"process_open_fds", "process_max_fds"} == set()


async def check_unauthenticated(world: World) -> None:
    """Without the token the response is 404."""
    for given in ("", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer \xff"):
        headers = {b"authorization": given.encode("latin-1")}
        answer = await world.http.get(f"{world.server.address}/metrics", headers=headers)
        assert answer.status_code == 404, given


def test_without_the_setting_metrics_are_not_found(server: ServerProcess) -> None:
    for headers in ({}, {"authorization": f"Bearer {TOKEN}"}):
        assert httpx.get(f"{server.address}/metrics", headers=headers, trust_env=False).status_code == 404
