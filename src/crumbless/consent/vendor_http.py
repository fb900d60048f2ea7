"""Requests to vendors: with a deadline, without redirects, with a limited response, and without addresses in logs."""

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec

from crumbless.consent.relay_port import RelayFailed
from crumbless.core.deferred_import import deferred_module

if TYPE_CHECKING:
    import httpx
else:
    # 55 ms and 4 MB.
    httpx = deferred_module("httpx")

DEADLINE_SECONDS = 10.0
MAX_RESPONSE = 65_536
"""Maximum of bytes of a response; vendors send a few hundred."""

CONNECTIONS = 8

# The address contains GA4's secret, as Google requires, and httpx would log it at "info".
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class VendorHttp:
    """A client of one vendor. It is opened with the first request, so httpx is loaded only by installations with
    relays."""

    def __init__(self, address: str, deadline: float = DEADLINE_SECONDS) -> None:
        self._address = address.rstrip("/")
        self._deadline = deadline
        self._client: httpx.AsyncClient | None = None

    async def post(
        self, path: str, body: object, query: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        """Return the body of a 2xx response.

        Raises:
            RelayFailed: for another status, no response in time, or a body that is too large.
        """
        try:
            async with asyncio.timeout(self._deadline):
                return await self._read(path, body, query, headers or {})
        except TimeoutError:
            raise RelayFailed(f"no response within {self._deadline:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Only the type: the message may contain the address.
            raise RelayFailed(f"the vendor could not be reached ({type(error).__name__})") from None

    async def _read(self, path: str, body: object, query: dict[str, str] | None, headers: dict[str, str]) -> bytes:
        client = self._opened()
        sent = {"content-type": "application/json", "user-agent": "Crumbless", **headers}
        content = msgspec.json.encode(body)
        async with client.stream("POST", self._address + path, params=query, content=content, headers=sent) as response:
            if not 200 <= response.status_code < 300:
                raise RelayFailed(f"the vendor responded with status {response.status_code}")
            data = b""
            async for part in response.aiter_bytes():
                data += part
                if len(data) > MAX_RESPONSE:
                    raise RelayFailed("the vendor's response is too large")
            return data

    def _opened(self) -> "httpx.AsyncClient":
        if self._client is None:
            limits = httpx.Limits(max_connections=CONNECTIONS)
            self._client = httpx.AsyncClient(
                trust_env=False, follow_redirects=False, timeout=self._deadline, limits=limits
            )
        return self._client

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
