"""Threat 55: the log of a busy server contains no personal data and no secret."""

import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crumbless.core.logging_setup import LogFormat
from support.client import TRANSPORTS, ask
from support.people import OLGA, OTTO, World, say
from support.raw_http import ask_raw, request_of
from support.server import ServerProcess

OpenWorld = Callable[[ServerProcess], World]

WORDS = "my-secret-words-" + secrets.token_hex(4)
FORGED = "x\r\nCRITICAL forged line \x1b[31m"
CLIENTS = ("203.0.113.77", "2001:db8:77::5")
SECRETS = re.compile(r"\bcr[ovt]_\w|eyJ[\w-]{4}|203\.0\.113|2001:db8|@tea\.example|my-secret-words|forged line\s*$")


@pytest.fixture
def logging_server(seeded_database: Path, tmp_path: Path) -> Iterator[Callable[[LogFormat], ServerProcess]]:
    """Return a function that starts a server with every kind of log line. Its log may contain tracebacks."""
    started: list[ServerProcess] = []

    def start(kind: LogFormat) -> ServerProcess:
        shutil.copy(seeded_database, tmp_path / "crumbless.db")
        settings = {"log_format": kind, "log_level": "debug", "access_log": "true", "trusted_proxies": "127.0.0.1"}
        started.append(ServerProcess(tmp_path / "crumbless.db", **settings))
        started[-1].start()
        return started[-1]

    yield start
    for server in started:
        server.dispose()


async def be_busy(world: World) -> None:
    """Make successful and refused requests of every kind, then break the database in the middle."""
    world.http.headers["x-forwarded-for"] = ", ".join(CLIENTS)
    olga, vera = await world.operator(OLGA), await world.visitor(WORDS)
    assert (await world.sign_in(OTTO, f"wrong {WORDS}")).status_code == 401
    for transport in TRANSPORTS:
        stream = await world.stream(vera, transport)
        assert (await say(stream, f"{WORDS} {transport}"))["op"] == "ack"
        await stream.send("send", id="not an id", conversation=FORGED, text=WORDS)
        assert (await stream.until("error"))["code"] == "bad_id"
        await stream.send_bytes(f'{{"{WORDS}'.encode())
        assert (await stream.until("error"))["code"] == "malformed"
    for path in (f"/v1/{WORDS}?token={vera.token}", "/x%0d%0aCRITICAL%20forged%20line", f"/v1/desk/me?{WORDS}"):
        await ask(world.http, olga, "GET", path)
    host = f"127.0.0.1:{world.server.port}"
    await ask_raw(world.server.port, request_of("GET", "/", f"{WORDS}\x1b[31m", user_agent=FORGED[:1]))
    await ask_raw(world.server.port, b"\x16\x03\x01 forged line\r\n\r\n")
    await ask_raw(world.server.port, request_of("GET", "/v1/stream", host, upgrade="websocket", connection="Upgrade"))
    stream = await world.stream(vera)
    world.server.change("ALTER TABLE entry RENAME COLUMN data TO gone")
    assert (await say(stream, WORDS))["code"] == "busy", "the premise: a batch that fails with a visitor's text in it"
    world.server.change("ALTER TABLE visitor RENAME COLUMN name TO gone")
    assert (await world.start(world.stranger(), WORDS)).status_code == 500, "the premise: an internal error"


@pytest.mark.parametrize("kind", ["text", "json"])
async def test_log_of_a_busy_server_contains_no_personal_data_and_cannot_be_forged(
    logging_server: Callable[[LogFormat], ServerProcess], open_world: OpenWorld, kind: LogFormat
) -> None:
    server = logging_server(kind)
    world = open_world(server)
    await be_busy(world)
    await world.close()
    assert server.stop() == 0
    lines = server.log().splitlines()
    assert len(lines) > 20, "the premise: there are lines to read"
    assert sum("Traceback" in line for line in lines) >= 2, "the premise: both faults were logged"
    assert any("/v1/visitor/start" in line and "500" in line for line in lines), "the premise: an access log"
    assert [line for line in lines if SECRETS.search(line)] == []
    assert [line for line in lines if line.startswith(("CRITICAL", "forged")) or "\x1b" in line] == []
    known = [one for one, _ in vars(world.server)["tokens"].values() if one.token in server.log()]
    assert known == []
    if kind == "json":
        members = [json.loads(line) for line in lines]
        assert all({"time", "level", "logger", "message"} <= one.keys() for one in members)
        numbers = [one["request"] for one in members if one["logger"] == "crumbless.access" and "request" in one]
        assert len(numbers) > 10
        assert len({*numbers}) == len(numbers)


async def test_request_id_of_a_response_finds_its_log_lines(
    logging_server: Callable[[LogFormat], ServerProcess], open_world: OpenWorld
) -> None:
    server = logging_server("json")
    world = open_world(server)
    server.change("ALTER TABLE visitor RENAME COLUMN name TO gone")
    answer = await world.start(world.stranger())
    assert answer.status_code == 500
    number = answer.headers["x-request-id"]
    lines = [one for one in map(json.loads, server.log().splitlines()) if one.get("request") == number]
    assert "error" in {one["level"] for one in lines}
    assert any("Traceback" in one.get("error", "") for one in lines)
    given = await world.http.get(f"{server.address}/v1/desk/me", headers={"x-request-id": "from-the-proxy-1"})
    assert given.headers["x-request-id"] == "from-the-proxy-1"
