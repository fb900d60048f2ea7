"""Requests whose every text is long and different, from as many networks as there are requests.

They are sent on connections of a trusted proxy, which names the networks: that is how one machine stands for thousands.
"""

import asyncio
import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from support.client_key import ClientKey
from support.people import TEA, new_entry_id
from support.raw_http import RawAnswer, read_answer, request_of
from support.server import ServerProcess

CONNECTIONS = 8

LONG = "x" * 30_000
"""Longer than any text may be, and short enough for a head of 64 KiB."""

SETTINGS: dict[str, object] = {
    "trusted_proxies": "127.0.0.0/8",
    "starts_per_hour": 60,
    "start_burst": 20,
    "site_starts_per_minute": 120,
    "site_start_burst": 240,
    "sign_ins_per_minute": 10,
    "sign_in_burst": 10,
    "consents_per_hour": 60,
    "consent_burst": 20,
    "requests_per_second": 200,
    "request_burst": 10_000,
    "unknown_names_per_minute": 60,
    "unknown_name_burst": 120,
}
"""The standard limits, and a proxy on this machine."""

Make = Callable[[int], bytes]


class HostileRequests:
    """Makes and sends them."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._host = f"127.0.0.1:{server.port}"
        self._key = ClientKey()
        self._nonce = ""
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.kinds: dict[str, tuple[Make, int]] = {
            "start on an unknown site": (self._start, 404),
            "start with a site key without an end": (self._long_start, 400),
            "sign-in with an address without an end": (self._long_sign_in, 400),
            "code for another device": (self._continue, 410),
            "loader of an unknown site": (lambda n: self._get(f"/w/{n:060}.js", User_Agent=f"{n}{LONG}"), 404),
            "policy of an unknown site": (lambda n: self._get(f"/policy/{n:060}?lang={n:01900}"), 404),
            "frame with a long Referer": (
                lambda n: self._get(f"/chat/{TEA.key}", Referer=f"https://shop.example/{n}{LONG}"),
                200,
            ),
            "path without an end": (lambda n: self._get(f"/assets/{n}{LONG}"), 404),
            "query without an end": (lambda n: self._get(f"/policy?lang={n}{LONG}"), 400),
            "foreign origin without an end": (
                lambda n: self._request("OPTIONS", "/v1/consent", n, Origin=f"https://{n}{LONG}"),
                403,
            ),
            "unknown token": (lambda n: self._get("/v1/desk/me", n, Authorization=f"DPoP {n:047}"), 401),
            "token without an end": (lambda n: self._get("/v1/desk/me", n, Authorization=f"DPoP {n}{LONG}"), 401),
            "unknown receipt": (lambda n: self._get(f"/v1/consent/{n:022}", n), 404),
            "unknown file": (lambda n: self._get(f"/files/{new_entry_id()}/96.webp", n), 404),
            "forwarded hop without an end": (
                lambda n: self._get("/v1/check", X_Forwarded_For=f"{n}{LONG}, {network(n)}"),
                200,
            ),
        }

    async def send(self, count: int) -> None:
        """Send `count` requests of all kinds in turn, and compare each response with its kind.

        Raises AssertionError if one differs.
        """
        self._nonce = (await self._ask(self._get("/v1/check"))).header("dpop-nonce")
        numbers = iter(range(count))
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._send_all(numbers))

    async def _send_all(self, numbers: Iterator[int]) -> None:
        kinds = list(self.kinds.items())
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        try:
            for number in numbers:
                kind, (make, wanted) = kinds[number % len(kinds)]
                writer.write(make(next(_numbers)))
                answer = await read_answer(reader)
                self._nonce = answer.header("dpop-nonce") or self._nonce
                self.statuses[kind, answer.status] += 1
                # A nonce lives for three minutes; one that has just ended is answered with the next.
                assert answer.status in {wanted, 401}, (kind, answer)
        finally:
            await close(writer)

    async def _ask(self, request: bytes) -> RawAnswer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        writer.write(request)
        answer = await read_answer(reader)
        await close(writer)
        return answer

    # --- kinds --------------------------------------------------------------------------------------------------

    def _request(self, method: str, path: str, number: int, body: object = None, **headers: str) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        named = {"X_Forwarded_For": network(number), "Content_Type": "application/json"} | headers
        return request_of(method, path, self._host, content, **named)

    def _get(self, path: str, number: int | None = None, **headers: str) -> bytes:
        return self._request("GET", path, next(_numbers) if number is None else number, **headers)

    def _signed(self, path: str, number: int, body: object) -> bytes:
        proof = self._key.prove("POST", f"http://{self._host}{path}", self._nonce)
        return self._request("POST", path, number, body, DPoP=proof)

    def _start(self, number: int) -> bytes:
        body = {"site": f"{number:064}", "id": new_entry_id(), "text": "Hello", "page_origin": TEA.origin}
        return self._signed("/v1/visitor/start", number, body)

    def _long_start(self, number: int) -> bytes:
        body = {"site": f"{number}{LONG}{LONG}", "id": new_entry_id(), "text": "Hello", "page_origin": TEA.origin}
        return self._request("POST", "/v1/visitor/start", number, body)

    def _long_sign_in(self, number: int) -> bytes:
        body = {"email": f"{number}{'x' * 7_800}@example.org", "password": "wrong password"}
        return self._request("POST", "/v1/desk/sign-in", number, body)

    def _continue(self, number: int) -> bytes:
        return self._signed("/v1/visitor/continue", number, {"site": f"{number:064}", "secret": f"{number:08}"})


_numbers = itertools.count(1)


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def network(number: int) -> str:
    """Return an address in a separate /64."""
    return f"2001:db8:{number // 65_536:x}:{number % 65_536:x}::1"


def resident_bytes(pid: int) -> int:
    """Return the memory that the process has in RAM (VmRSS of proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024
