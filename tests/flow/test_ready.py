"""A node reports whether it can work, to any caller and under any host name."""

from collections.abc import Callable

import httpx
import pytest

from crumbless.database.schema import SCHEMA
from support.server import ServerProcess, wait_until

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]


def get_readiness(server: ServerProcess) -> httpx.Response:
    return httpx.get(f"{server.address}/readyz", trust_env=False)


def parts_of(answer: httpx.Response) -> dict[str, tuple[bool, str]]:
    return {part["part"]: (part["ok"], part["state"]) for part in answer.json()["parts"]}


def test_node_that_can_work_is_ready(server: ServerProcess) -> None:
    answer = httpx.get(f"{server.address}/readyz", headers={"host": "10.0.0.1:8000"}, trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert parts_of(answer) == {
        "node": (True, "serves"),
        "database": (True, "answers"),
        "schema": (True, SCHEMA),
        "ledger": (True, "writes"),
        "disk": (True, "has room"),
        "bus": (True, "connected"),
    }


def test_node_with_an_older_database_schema_is_alive_but_not_ready(start_server: StartServer) -> None:
    server = start_server()
    server.change("UPDATE alembic_version SET version_num = '0001'")
    # The result of a check, including the node's own, is cached for a second.
    wait_until(lambda: get_readiness(server).status_code == 503, 30, "the node is not ready")
    answer = get_readiness(server)
    assert parts_of(answer)["schema"] == (False, f"0001; this node was made for {SCHEMA}")
    assert httpx.get(f"{server.address}/healthz", trust_env=False).status_code == 200
