"""Connections whose client does not read, and connections that outlive their close, are aborted."""

import asyncio
import time
from typing import cast

from crumbless.api.slow_clients import CLOSE_SECONDS, UNREAD_SECONDS, SlowClients


class Transport:
    """A transport with a buffer of a given size."""

    def __init__(self, size: int = 0) -> None:
        self.size = size
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        return self.size

    def abort(self) -> None:
        self.aborted = True


def transport(size: int = 0) -> tuple[Transport, asyncio.Transport]:
    """The double, and the same object under the type that SlowClients takes."""
    made = Transport(size)
    return made, cast(asyncio.Transport, made)


async def test_a_client_that_takes_nothing_is_aborted() -> None:
    clients = SlowClients()
    double, watched = transport(1000)
    since = clients.unread(watched).since
    clients.check(since + UNREAD_SECONDS - 0.1)
    assert not double.aborted
    clients.check(since + UNREAD_SECONDS)
    assert double.aborted
    assert len(clients) == 0


async def test_a_client_that_takes_a_little_is_waited_for() -> None:
    clients = SlowClients()
    double, watched = transport(1000)
    since = clients.unread(watched).since
    double.size = 999
    clients.check(since + UNREAD_SECONDS)
    assert not double.aborted
    clients.check(since + UNREAD_SECONDS * 2 - 0.1)
    assert not double.aborted
    clients.check(since + UNREAD_SECONDS * 2)
    assert double.aborted


async def test_bytes_that_are_added_do_not_hide_that_some_were_taken() -> None:
    clients = SlowClients()
    double, watched = transport(1000)
    entry = clients.unread(watched)
    entry.size += 500
    double.size = 1400
    clients.check(entry.since + UNREAD_SECONDS)
    assert not double.aborted
    entry.size += 500
    double.size = 1900
    clients.check(entry.since + UNREAD_SECONDS)
    assert double.aborted


async def test_a_client_that_has_taken_everything_is_not_watched() -> None:
    clients = SlowClients()
    double, watched = transport(1000)
    since = clients.unread(watched).since
    clients.read(watched)
    clients.check(since + UNREAD_SECONDS * 2)
    assert not double.aborted


async def test_a_connection_that_outlives_its_close_is_aborted() -> None:
    clients = SlowClients()
    (first, watched), (ended, other) = transport(), transport()
    began = time.monotonic()
    clients.closing(watched)
    clients.closing(other)
    clients.gone(other)
    clients.check(began + CLOSE_SECONDS - 0.1)
    assert not first.aborted
    # Closing once more does not grant more time.
    clients.closing(watched)
    clients.check(time.monotonic() + CLOSE_SECONDS)
    assert (first.aborted, ended.aborted) == (True, False)
    assert len(clients) == 0
