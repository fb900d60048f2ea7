"""Threat 62: limits count the clients behind a real nginx. For HAProxy and Caddy see tests/proof/test_proxies.py."""

from collections.abc import Callable, Iterator

import pytest

from support.proxies import BEHIND_A_PROXY, Proxy, check_limits
from support.server import ServerProcess

StartServer = Callable[..., ServerProcess]


@pytest.fixture(params=["nginx that joins", "nginx that replaces"])
def proxy(request: pytest.FixtureRequest) -> Iterator[Proxy]:
    one = Proxy(request.param)
    yield one
    one.stop()


async def test_limits_behind_a_proxy_count_its_clients(start_server: StartServer, proxy: Proxy) -> None:
    server = start_server(public_url=proxy.address, **BEHIND_A_PROXY)
    proxy.start(server.port)
    await check_limits(proxy.port)
