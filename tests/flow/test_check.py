"""`crumbless check` finds each fault of a misbehaving proxy, and reports no other. All proxies are real processes."""

import json
import socket
from collections.abc import Callable, Iterator

import httpx
import pytest

from crumbless.connection_check.check_run import run_connection_check
from crumbless.connection_check.finding import Finding
from crumbless.connection_check.request_probes import judge_address, judge_clock, judge_proxy
from crumbless.operations.operation_wire import ConnectionCheckResponse
from support.bad_proxy import BadProxy, Fault
from support.server import ServerProcess, environment_of, run_command

StartServer = Callable[..., ServerProcess]

PATIENCE = 20.0
SHORT_PATIENCE = 4.0
"""Short waits of the check, for the proxies that delay everything."""

ALL = ["tls", "reach", "address", "clock", "proxy", "cache", "cookie", "headers", "body", "websocket", "stream", "poll"]
TOLD = ConnectionCheckResponse("https://chat.example", 0, "draw", 0, forwarded=False, trusted=False)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadProxy]:
    """Start a proxy with this fault before a server that has the proxy's address as its public URL."""
    database = tmp_path_factory.mktemp("checked") / "crumbless.db"
    assert run_command("migrate", environment=environment_of(database)).returncode == 0
    with BadProxy() as made, socket.create_server(("127.0.0.1", 0)) as taken:
        made.target = int(taken.getsockname()[1])
        taken.close()
        server = ServerProcess(database, public_url=f"http://127.0.0.1:{made.port}", trusted_proxies="10.0.0.1")
        server.port = made.target
        server.start()
        yield made
        assert server.stop() == 0
        assert "Traceback" not in server.log()


def address_of(proxy: BadProxy) -> str:
    return f"http://127.0.0.1:{proxy.port}"


def amiss(findings: list[Finding]) -> dict[str, str]:
    return {finding.name: finding.said for finding in findings if finding.state != "good"}


async def test_good_proxy_passes(proxy: BadProxy) -> None:
    proxy.fault = "none"
    findings = [*await run_connection_check(address_of(proxy), PATIENCE)]
    assert amiss(findings) == {}
    assert [finding.name for finding in findings] == ALL


@pytest.mark.parametrize(
    ("fault", "names", "words"),
    [
        ("strip_upgrade", {"websocket"}, "a proxy removes the upgrade"),
        ("buffer", {"stream"}, "buffers responses"),
        ("cache", {"cache"}, "caches responses"),
        ("host", {"reach"}, "not the public address"),
        ("cookie", {"cookie"}, "sets a cookie"),
        ("small_bodies", {"body"}, "status 413"),
        ("strip_headers", {"headers"}, "referrer-policy, dpop-nonce"),
        ("forward", {"proxy"}, "all clients share one rate limit"),
        ("impatient", {"poll"}, "does not wait for the response"),
    ],
)
async def test_fault_of_a_proxy_is_found(proxy: BadProxy, fault: Fault, names: set[str], words: str) -> None:
    proxy.fault = fault
    findings = [*await run_connection_check(address_of(proxy), SHORT_PATIENCE if fault == "buffer" else PATIENCE)]
    found = amiss(findings)
    assert {*found} == names
    assert words in " ".join(found.values())
    assert all(finding.advice for finding in findings if finding.state != "good")


async def test_server_with_another_public_url_is_found(proxy: BadProxy) -> None:
    inside = f"http://127.0.0.1:{proxy.target}"
    assert {*amiss([*await run_connection_check(inside, PATIENCE)])} == {"reach"}
    assert judge_address(inside, TOLD).state == "bad"
    assert "https://chat.example" in judge_address(inside, TOLD).said


def test_trusted_proxy_that_names_no_client_is_reported() -> None:
    assert judge_proxy(ConnectionCheckResponse("", 0, "", 0, forwarded=False, trusted=True)).state == "bad"
    assert judge_proxy(ConnectionCheckResponse("", 0, "", 0, forwarded=True, trusted=True)).state == "good"


@pytest.mark.parametrize(("ahead", "state"), [(0.5, "good"), (-29, "good"), (31, "warning"), (-3600, "warning")])
def test_clock_difference_is_reported(ahead: float, state: str) -> None:
    assert judge_clock(ahead).state == state
    assert ("behind" in judge_clock(ahead).said) == (ahead < -30)


def test_command_prints_findings_and_sets_the_exit_code(server: ServerProcess) -> None:
    environment = environment_of(server.database)
    fine = run_command("check", server.address, environment=environment)
    assert fine.returncode == 0, fine.stdout
    assert [line.split()[:2] for line in fine.stdout.splitlines()] == [["ok", name] for name in ALL]
    lost = run_command("check", "http://127.0.0.1:1/", "--json", environment=environment)
    assert lost.returncode == 1
    assert [(one["name"], one["state"]) for one in json.loads(lost.stdout)] == [("tls", "good"), ("reach", "bad")]
    refused = run_command("check", "chat.example", environment=environment)
    assert refused.returncode == 2
    assert "without a path" in refused.stderr


def test_check_endpoint_is_limited_and_reveals_nothing(start_server: StartServer) -> None:
    server = start_server()
    with httpx.Client(trust_env=False) as client:
        answers = [client.get(f"{server.address}/v1/check") for _ in range(61)]
    assert answers[0].json().keys() == {"address", "at", "draw", "bytes", "forwarded", "trusted"}
    assert answers[-1].status_code == 429
    assert {answer.status_code for answer in answers[:60]} == {200}
