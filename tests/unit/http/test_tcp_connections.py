"""Admission, closing of idle connections, and detection of unread ones. The clock is an argument."""

import time

import pytest

from crumbless.core.errors import ApiError
from crumbless.http.tcp_connections import CLOSE_SECONDS, TcpConnections, derive_total


class FakeTransport:
    """A transport with only a write buffer."""

    def __init__(self) -> None:
        self.waiting = 0
        self.aborted = False
        self.closed = False

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.closed = True


def admit(tcp: TcpConnections, network: str) -> FakeTransport:
    transport = FakeTransport()
    tcp.add(transport, network)
    return transport


def swept(sizes: list[int], step: float = 1.0) -> list[bool]:
    """Return whether a connection is aborted after each look at its write buffer, with a limit of 30 seconds."""
    tcp, transport, aborted = TcpConnections(0, 40, 12, 30), FakeTransport(), list[bool]()
    tcp.add(transport, "n")
    for number, size in enumerate(sizes):
        transport.waiting = size
        tcp.sweep([transport], number * step)
        aborted.append(transport.aborted)
    return aborted


def test_client_that_reads_nothing_for_the_whole_time_is_aborted() -> None:
    assert swept([1000] * 40).index(True) == 31


def test_client_that_reads_a_little_is_not_aborted() -> None:
    assert not any(swept([1000 - number // 20 for number in range(300)]))


def test_client_that_reads_while_more_is_written_is_not_aborted() -> None:
    assert not any(swept([1000, 900, 5000, 4900, 9000, 8000] * 40, step=10))


def test_buffer_that_only_grows_is_not_read() -> None:
    assert any(swept([1000 + number for number in range(40)]))


def test_buffer_that_was_empty_in_between_was_read() -> None:
    assert not any(swept([1000, 0] * 100, step=20))


def test_discarded_connection_is_not_checked() -> None:
    tcp, transport = TcpConnections(0, 40, 12, 30), FakeTransport()
    tcp.add(transport, "n")
    transport.waiting = 5
    tcp.sweep([transport], 0)
    tcp.discard(transport)
    tcp.sweep([transport], 100)
    assert not transport.aborted


def test_connection_that_outlives_its_close_is_aborted() -> None:
    tcp = TcpConnections(0, 40, 12, 30)
    first, ended = admit(tcp, "a"), admit(tcp, "a")
    began = time.monotonic()
    tcp.closing(first)
    tcp.closing(ended)
    tcp.discard(ended)
    tcp.sweep_closing(began + CLOSE_SECONDS - 0.1)
    assert not first.aborted
    tcp.closing(first)
    tcp.sweep_closing(time.monotonic() + CLOSE_SECONDS)
    assert (first.aborted, ended.aborted) == (True, False), "a second call grants no more time"


def test_network_is_refused_beyond_its_limit_and_others_are_not() -> None:
    tcp = TcpConnections(0, 2, 12, 30)
    first, _ = admit(tcp, "a"), admit(tcp, "a")
    with pytest.raises(ApiError, match="slow_down"):
        admit(tcp, "a")
    admit(tcp, "b")
    tcp.discard(first)
    admit(tcp, "a")
    assert tcp.count_of("a") == 2


def test_longest_idle_connection_is_closed() -> None:
    tcp = TcpConnections(0, 3, 12, 30)
    transports = [FakeTransport() for _ in range(3)]
    for transport in transports:
        tcp.add(transport, "a").idle = transport is not transports[0]
    admit(tcp, "a")
    assert [one.closed for one in transports] == [False, True, False]
    assert tcp.count_of("a") == 3


def test_no_network_means_no_limit_per_network() -> None:
    tcp = TcpConnections(0, 1, 12, 30)
    for _ in range(10):
        admit(tcp, "")
    assert len(tcp) == 10


def test_authenticated_connection_frees_a_place_in_its_network() -> None:
    tcp = TcpConnections(0, 1, 2, 30)
    for session in ("s", "s", "t"):
        tcp.authenticated(admit(tcp, "a"), session)
    assert tcp.count_of("a") == 0
    third = admit(tcp, "a")
    tcp.authenticated(third, "s")
    assert tcp.count_of("a") == 1, "one session frees only its share"
    tcp.discard(third)
    assert (tcp.count_of("a"), len(tcp)) == (0, 3)


def test_session_gets_its_share_back() -> None:
    tcp = TcpConnections(0, 1, 1, 30)
    for _ in range(5):
        transport = admit(tcp, "a")
        tcp.authenticated(transport, "s")
        tcp.authenticated(transport, "s")
        assert tcp.count_of("a") == 0
        tcp.discard(transport)
        tcp.discard(transport)
    assert len(tcp) == 0


def test_node_is_crowded_before_it_is_full() -> None:
    tcp, transport = TcpConnections(10, 40, 12, 30), FakeTransport()
    for _ in range(9):
        assert not tcp.crowded
        assert tcp.serves(transport)
        transport = admit(tcp, "a")
    assert tcp.crowded
    assert not tcp.serves(transport)
    tcp.authenticated(transport, "s")
    assert tcp.serves(transport)
    admit(tcp, "a")
    with pytest.raises(ApiError, match="busy"):
        admit(tcp, "b")


def test_total_leaves_descriptors_for_other_files() -> None:
    total = derive_total()
    assert total >= 1
    assert TcpConnections(0, 1, 1, 1).total == total
    assert TcpConnections(7, 1, 1, 1).total == 7
