"""A long response is aborted when its session ends."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import cast

from crumbless.http.http_protocol import ABORT
from crumbless.http.long_response import while_alive
from crumbless.http.request import AnyRequest
from support.value_make import make_session


async def pieces() -> AsyncIterator[bytes]:
    for number in range(5):
        yield b"%d" % number


async def test_response_is_aborted_when_its_session_ends() -> None:
    cut: list[bool] = []
    scope = {"extensions": {ABORT: {"call": lambda: cut.append(True)}}}
    request = cast(AnyRequest, SimpleNamespace(scope=scope))
    session, read = make_session(), list[bytes]()
    async for piece in while_alive(request, session, pieces()):
        read.append(piece)
        session.ended = len(read) == 3
    assert (read, cut) == ([b"0", b"1", b"2"], [True])


async def test_response_of_a_valid_session_is_complete() -> None:
    request = cast(AnyRequest, SimpleNamespace(scope={}))
    read = [piece async for piece in while_alive(request, make_session(), pieces())]
    assert read == [b"0", b"1", b"2", b"3", b"4"]
