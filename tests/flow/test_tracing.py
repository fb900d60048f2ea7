"""Traces of a real server in a real collector: complete, part of the proxy's trace, and without personal data."""

import subprocess
import sys
from collections.abc import Callable

from support.client import ask
from support.collector import Collector
from support.people import OLGA, World, say
from support.server import ServerProcess, environment_of

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
WORDS = "words-that-nobody-traces"


def attributes(span: object) -> dict[str, object]:
    pairs = getattr(span, "attributes")  # noqa: B009 - made by protobuf, which tells no types
    return {one.key: one.value.string_value or one.value.int_value for one in pairs}


async def test_requests_and_batches_are_traced(start_server: StartServer, open_world: OpenWorld) -> None:
    with Collector() as collector:
        server = start_server(tracing_url=collector.url, trusted_proxies="127.0.0.1", log_format="json", access_log="1")
        world = open_world(server)
        vera, olga = await world.visitor(WORDS), await world.operator(OLGA)
        stream = await world.stream(vera, "stream")
        assert (await say(stream, WORDS))["op"] == "ack"
        path = f"/v1/desk/conversations/{vera.conversation}"
        await ask(world.http, olga, "GET", path, traceparent=f"00-{TRACE}-{PARENT}-01")
        await world.http.get(f"{server.address}/nowhere/{WORDS}")
        await world.close()
        assert server.stop() == 0, "the remaining spans are sent before the process ends"
    by_name = {span.name: span for span in collector.spans}
    read = by_name["GET /v1/desk/conversations/{conversation}"]
    assert (read.trace_id.hex(), read.parent_span_id.hex()) == (TRACE, PARENT)
    assert attributes(read) == {
        "http.request.method": "GET",
        "http.route": "/v1/desk/conversations/{conversation}",
        "http.response.status_code": 200,
    }
    assert {"POST /v1/visitor/start", "GET (none)", "POST /v1/stream/open"} <= {*by_name}
    batches = [span for span in collector.spans if span.name == "ledger commit"]
    assert sum(int(str(attributes(span)["crumbless.batch.size"])) for span in batches) >= 3
    assert all(span.end_time_unix_nano > span.start_time_unix_nano for span in collector.spans)
    assert collector.resources[0]["service.name"] == "crumbless"
    for secret in (WORDS, vera.id, vera.conversation, OLGA.email, "127.0.0.1"):
        assert secret.encode() not in collector.raw
    assert f'"trace":"{TRACE}"' in server.log()


PROGRAM = """
import asyncio, sys
from crumbless.app import Server
from crumbless.core.settings import read_settings
async def compose():
    Server(read_settings()).asgi()
asyncio.run(compose())
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_optional_modules_are_not_loaded(server: ServerProcess) -> None:
    environment = environment_of(server.database)
    outcome = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, check=True, capture_output=True, text=True
    )
    loaded = {*outcome.stdout.split()}
    assert {"litestar", "msgspec"} <= loaded, "the premise: the application was composed"
    assert loaded & {"opentelemetry", "prometheus_client", "pydantic", "attrs", "joserfc", "nats", "nkeys"} == set()
