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

SOCKET_ADVICE = f"Let the proxy pass the headers Upgrade and Connection on for /v1/stream. {PROXY_HINT}"
STREAM_ADVICE = (
    "Turn off buffering and compression of answers below /v1/stream/ (nginx: proxy_buffering off, gzip off), and give "
    f"it 60 seconds at least. {PROXY_HINT}"
)
POLL_ADVICE = f"Let the proxy wait 60 seconds for an answer below /v1/stream/. {PROXY_HINT}"


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
        return bad("websocket", f"it does not open: {_name(error)}", SOCKET_ADVICE)
    if first.get("op") != "challenge" or opened.close_code != ENDED:
        return bad("websocket", "it opens, but not to Crumbless", SOCKET_ADVICE)
    return good("websocket", f"opens; the first frame came after {milliseconds:.0f} ms")


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
        return "the upgrade was stripped on the way: the request arrived as an ordinary one"
    if status == 403:
        return 'the server takes this address for a foreign page; see "address"'
    return f"the upgrade was refused with status {status}"


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
                return bad("stream", f"it was refused with status {answer.status_code}", STREAM_ADVICE)
            async with aclosing(_lines(answer)) as lines:
                async for _ in lines:
                    seen += 1
                    if seen == 1:
                        milliseconds = (time.perf_counter() - began) * 1000
                        await _send(http, url, answer.headers["crumbless-stream"])
            packed = answer.headers.get("content-encoding")
    except TimeoutError:
        told = "nothing of it" if seen == 0 else "only its beginning"
        return bad(
            "stream",
            f"{told} arrived within {patience:.0f} s: something collects answers before it passes them on",
            STREAM_ADVICE,
        )
    except (httpx.HTTPError, KeyError) as error:
        return bad("stream", f"it broke off: {_name(error)}", STREAM_ADVICE)
    if seen < 2:
        return bad("stream", "it broke off before its end", STREAM_ADVICE)
    if packed:
        return warning("stream", f"something packs it ({packed}), which may hold frames back", STREAM_ADVICE)
    return good("stream", f"flows; the first frame came after {milliseconds:.0f} ms")


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
                return bad("poll", f"it was refused with status {opened.status_code}", POLL_ADVICE)
            stream, number = str(opened.json()["stream"]), int(opened.json()["batch"])
            polling = asyncio.ensure_future(_poll(http, url, stream, number))
            done, _ = await asyncio.wait([polling], timeout=HELD_SECONDS)
            await _send(http, url, stream)
            answer = await polling
            frames = [frame["op"] for frame in answer.json()["frames"]] if answer.status_code == 200 else []
    except TimeoutError:
        return bad("poll", f"no answer within {patience:.0f} s", POLL_ADVICE)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        return bad("poll", f"it broke off: {_name(error)}", POLL_ADVICE)
    if done or frames != ["end"]:
        return bad("poll", "it is not held, or its answer is not the server's", POLL_ADVICE)
    return good("poll", "is held, and answered as soon as there is something")


async def _poll(http: httpx.AsyncClient, url: str, stream: str, after: int) -> httpx.Response:
    return await http.post(f"{url}/v1/stream/poll", json={"after": after}, headers={"crumbless-stream": stream})


async def _send(http: httpx.AsyncClient, url: str, stream: str) -> None:
    headers = {"crumbless-stream": stream, "content-type": "application/json"}
    await http.post(f"{url}/v1/stream/send", content=NO_AUTH, headers=headers)


def _name(error: Exception) -> str:
    return str(error) or type(error).__name__
