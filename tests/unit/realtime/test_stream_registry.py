"""One sweep ends streams that never authenticate, fall silent or outlive their session."""

import asyncio

import pytest

from crumbless.realtime import stream_registry as open_streams_module
from crumbless.realtime.stream_registry import AUTH_SECONDS, SILENCE_SECONDS, UNAUTHENTICATED_SECONDS, StreamRegistry
from support.value_make import make_session

NOW = 1000.0
TODAY = 1_700_000_000_000
NETWORK = "192.0.2.1"


class Stream:
    """A stream that stores how it was ended."""

    def __init__(self, streams: StreamRegistry, heard_at: float = NOW, expires_at: int = TODAY + 1) -> None:
        self.heard_at = heard_at
        self.session = make_session(expires_at=expires_at)
        self.ended: list[int] = []
        self._streams = streams
        streams.add(self, NETWORK)

    def end(self, code: int, reason: str) -> None:
        assert reason
        self.ended.append(code)
        self._streams.discard(self)


def test_stream_must_authenticate_within_five_seconds() -> None:
    streams = StreamRegistry()
    stream = Stream(streams)
    streams.sweep(NOW + AUTH_SECONDS, TODAY)
    assert stream.ended == []
    streams.sweep(NOW + AUTH_SECONDS + 0.1, TODAY)
    streams.sweep(NOW + AUTH_SECONDS + 9, TODAY)
    assert stream.ended == [4408]
    assert streams.everyone() == []


def test_unauthenticated_stream_ends_however_much_it_sends() -> None:
    streams = StreamRegistry()
    first, later = Stream(streams), Stream(streams, heard_at=NOW + 1)
    first.heard_at = later.heard_at = NOW + UNAUTHENTICATED_SECONDS
    streams.sweep(NOW + UNAUTHENTICATED_SECONDS, TODAY)
    assert (first.ended, later.ended) == ([], [])
    streams.sweep(NOW + UNAUTHENTICATED_SECONDS + 0.1, TODAY)
    assert (first.ended, later.ended) == ([4408], [])
    streams.sweep(NOW + UNAUTHENTICATED_SECONDS + 1.1, TODAY)
    assert (first.ended, later.ended) == ([4408], [4408])


def test_silent_authenticated_stream_ends() -> None:
    streams = StreamRegistry()
    stream = Stream(streams)
    streams.authenticated(stream)
    streams.sweep(NOW + SILENCE_SECONDS, TODAY)
    assert stream.ended == []
    stream.heard_at = NOW + 10
    streams.sweep(NOW + SILENCE_SECONDS + 5, TODAY)
    assert stream.ended == []
    streams.sweep(NOW + SILENCE_SECONDS + 10.1, TODAY)
    assert stream.ended == [4408]


def test_end_of_the_session_ends_the_stream() -> None:
    streams = StreamRegistry()
    expiring, revoked, alive = Stream(streams), Stream(streams), Stream(streams, expires_at=TODAY + 1000)
    for stream in (expiring, revoked, alive):
        streams.authenticated(stream)
    revoked.session.ended = True
    streams.sweep(NOW, TODAY)
    assert (expiring.ended, revoked.ended, alive.ended) == ([], [4401], [])
    streams.sweep(NOW, TODAY + 1)
    assert (expiring.ended, alive.ended) == ([4401], [])


def test_unauthenticated_streams_are_counted_by_network() -> None:
    streams = StreamRegistry()
    one, two = Stream(streams), Stream(streams)
    assert streams.unauthenticated_from(NETWORK) == 2
    assert streams.unauthenticated_from("192.0.2.2") == 0
    streams.authenticated(one)
    streams.discard(two)
    streams.discard(two)
    assert streams.unauthenticated_from(NETWORK) == 0
    assert streams.everyone() == [one]


async def test_sweep_runs_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_streams_module, "SWEEP_SECONDS", 0)
    streams = StreamRegistry()
    stream = Stream(streams, heard_at=-(10.0**9))
    sweeping = asyncio.create_task(streams.loop.run())
    async with asyncio.timeout(5):
        while not stream.ended:  # noqa: ASYNC110 - the sweep tells nobody that it has passed
            await asyncio.sleep(0)
    sweeping.cancel()
    late = Stream(streams, heard_at=-(10.0**9))
    for _ in range(20):
        await asyncio.sleep(0)
    assert late.ended == []
