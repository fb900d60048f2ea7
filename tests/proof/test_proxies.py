"""Threat 62, behind real proxies: limits count their clients with each proxy's way of writing X-Forwarded-For."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.people import seed_database
from support.proxies import BEHIND_A_PROXY, CONFIGURATIONS, Proxy, check_limits
from support.server import ServerProcess


@pytest.fixture(params=[*CONFIGURATIONS])
def proxy(request: pytest.FixtureRequest) -> Iterator[Proxy]:
    one = Proxy(request.param)
    yield one
    one.stop()


@pytest.fixture
def server(proxy: Proxy, tmp_path: Path) -> Iterator[ServerProcess]:
    seed_database(tmp_path / "crumbless.db")
    one = ServerProcess(tmp_path / "crumbless.db", public_url=proxy.address, **BEHIND_A_PROXY)
    one.start()
    yield one
    one.dispose()
    assert "Traceback" not in one.log()


async def test_limits_behind_a_proxy_count_its_clients(server: ServerProcess, proxy: Proxy) -> None:
    proxy.start(server.port)
    await check_limits(proxy.port)
