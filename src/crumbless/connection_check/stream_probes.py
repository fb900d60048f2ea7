"""Probes of the stream's three transports: each is opened up to its challenge and one step beyond.

The probes do not sign in. A frame other than `auth` makes the server close the stream with 4400 at once. That shows
that later frames arrive in time too.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.typing import Origin, Subprotocol

from crumbless.connection_check.finding import Finding, bad, good, warning
from crumbless.connection_check.request_probes import PROXY_HINT
from crumbless.protocol.frames import PROTOCOL

NO_AUTH = b"{}"
ENDED = 4400

HELD_SECONDS = 0.3
"""A poll that is answered sooner without frames is not a long poll."""

SOCKET_ADVICE = f"Make the proxy forward the headers Upgrade and Connection for /v1/stream. {PROXY_HINT}"
STREAM_ADVICE = (
    "Turn off buffering and compression of responses below /v1/stream/ (nginx: proxy_buffering off, gzip off), and "
    f"allow at least 60 seconds. {PROXY_HINT}"
)
POLL_ADVICE = f"Make the proxy wait 60 seconds for responses below /v1/stream/. {PROXY_HINT}"


async def probe_websocket(url: str, patience: float) -> Finding:
    """WebSocket: upgrade, first frame, a frame there and its effect back."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(patience), _open_socket(url, patience) as opened:
            first = json.loads(await opened.recv())
            milliseconds = (time.perf_counter() - began) * 1000
            await opened.send(NO_AUTH, text=True)
            await opened.wait_closed()
    except InvalidStatus as refused:
        return bad("websocket", _why_no_upgrade(refused.response.status_code), SOCKET_ADVICE)
    except (WebSocketException, OSError, TimeoutError, ValueError) as error:
        return bad("websocket", f"the connection could not be opened: {_name(error)}", SOCKET_ADVICE)
    if first.get("op") != "challenge" or opened.close_code != ENDED:
        return bad("websocket", "the connection opens, but not to Crumbless", SOCKET_ADVICE)
    return good("websocket", f"works; the first frame arrived after {milliseconds:.0f} ms")


def _open_socket(url: str, patience: float) -> connect:
    return connect(
        f"{url.replace('http', 'ws', 1)}/v1/stream",
        origin=Origin(url),
        subprotocols=[Subprotocol(PROTOCOL)],
        compression=None,
        open_timeout=patience,
        close_timeout=1,
        ping_interval=None,
    )


def _why_no_upgrade(status: int) -> str:
    if status == 404:
        return "a proxy removes the upgrade: the request arrived as an ordinary one"
    if status == 403:
        return 'the server does not accept this address as its own; see "address"'
    return f"the upgrade was rejected with status {status}"


async def probe_streaming(http: httpx.AsyncClient, url: str, patience: float) -> Finding:
    """Streaming HTTP: the first line comes at once, and so does what follows on it."""
    began = time.perf_counter()
    seen, milliseconds = 0, 0.0
    try:
        async with (
            asyncio.timeout(patience),
            http.stream("POST", f"{url}/v1/stream/open", json={"mode": "stream"}) as answer,
        ):
            if answer.status_code != 200:
                return bad("stream", f"the request was rejected with status {answer.status_code}", STREAM_ADVICE)
            async with aclosing(_lines(answer)) as lines:
                async for _ in lines:
                    seen += 1
                    if seen == 1:
                        milliseconds = (time.perf_counter() - began) * 1000
                        await _send(http, url, answer.headers["crumbless-stream"])
            packed = answer.headers.get("content-encoding")
    except TimeoutError:
        told = "nothing" if seen == 0 else "only the first frame"
        return bad(
            "stream",
            f"{told} arrived within {patience:.0f} s: a proxy buffers responses",
            STREAM_ADVICE,
        )
    except (httpx.HTTPError, KeyError) as error:
        return bad("stream", f"the connection broke: {_name(error)}", STREAM_ADVICE)
    if seen < 2:
        return bad("stream", "the response ended too early", STREAM_ADVICE)
    if packed:
        return warning("stream", f"a proxy compresses responses ({packed}), which may delay frames", STREAM_ADVICE)
    return good("stream", f"works; the first frame arrived after {milliseconds:.0f} ms")


async def _lines(answer: httpx.Response) -> AsyncGenerator[str, None]:
    async for line in answer.aiter_lines():
        if line:
            yield line


async def probe_polling(http: httpx.AsyncClient, url: str, patience: float) -> Finding:
    """Check the long poll: it waits while there are no frames, and is answered as soon as there are."""
    try:
        async with asyncio.timeout(patience):
            opened = await http.post(f"{url}/v1/stream/open", json={"mode": "poll"})
            if opened.status_code != 200:
                return bad("poll", f"the request was rejected with status {opened.status_code}", POLL_ADVICE)
            stream, number = str(opened.json()["stream"]), int(opened.json()["batch"])
            polling = asyncio.ensure_future(_poll(http, url, stream, number))
            done, _ = await asyncio.wait([polling], timeout=HELD_SECONDS)
            await _send(http, url, stream)
            answer = await polling
            frames = [frame["op"] for frame in answer.json()["frames"]] if answer.status_code == 200 else []
    except TimeoutError:
        return bad("poll", f"no response within {patience:.0f} s", POLL_ADVICE)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        return bad("poll", f"the request failed: {_name(error)}", POLL_ADVICE)
    if done or frames != ["end"]:
        return bad("poll", "a proxy does not wait for the response, or replaces it", POLL_ADVICE)
    return good("poll", "works; the response arrives when there is a frame")


async def _poll(http: httpx.AsyncClient, url: str, stream: str, after: int) -> httpx.Response:
    return await http.post(f"{url}/v1/stream/poll", json={"after": after}, headers={"crumbless-stream": stream})


async def _send(http: httpx.AsyncClient, url: str, stream: str) -> None:
    headers = {"crumbless-stream": stream, "content-type": "application/json"}
    await http.post(f"{url}/v1/stream/send", content=NO_AUTH, headers=headers)


def _name(error: Exception) -> str:
    return str(error) or type(error).__name__
