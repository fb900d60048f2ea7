"""A real node says whether it can do work, to whoever asks by whatever name."""

from collections.abc import Callable

import httpx
import pytest

from crumbless.store.schema import SCHEMA
from support.server import ServerProcess, wait_until

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]


def ask_ready(server: ServerProcess) -> httpx.Response:
    return httpx.get(f"{server.address}/readyz", trust_env=False)


def parts_of(answer: httpx.Response) -> dict[str, tuple[bool, str]]:
    return {part["part"]: (part["ok"], part["state"]) for part in answer.json()["parts"]}


def test_a_node_that_can_work_is_ready(server: ServerProcess) -> None:
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


def test_a_node_whose_database_went_back_is_alive_but_not_ready(start_server: StartServer) -> None:
    server = start_server()
    server.change("UPDATE alembic_version SET version_num = '0001'")
    # One look, also one that the node took by itself, is good for a second.
    wait_until(lambda: ask_ready(server).status_code == 503, 30, "the node is not ready")
    answer = ask_ready(server)
    assert parts_of(answer)["schema"] == (False, f"0001; this node was made for {SCHEMA}")
    assert httpx.get(f"{server.address}/healthz", trust_env=False).status_code == 200
