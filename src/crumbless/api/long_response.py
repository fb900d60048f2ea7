"""Responses that take long: cut when the session ends that they are for."""

from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from crumbless.api.http_protocol import ABORT
from crumbless.api.request_read import AnyRequest
from crumbless.domain.access import Session
from crumbless.ids import confirmed_ms


def abort_of(request: AnyRequest) -> Callable[[], None]:
    """Return the function that cuts the connection of the request (see api/http_protocol.py)."""
    scope = cast(Any, request.scope)
    return scope["extensions"][ABORT]["call"]


async def while_alive(request: AnyRequest, session: Session, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pass on the pieces of a response for as long as its session lives.

    A client that reads slowly could otherwise go on reading after its session has ended. The connection is cut then,
    so that a part of an export is not taken for the whole.
    """
    async for piece in pieces:
        if not session.alive(confirmed_ms()):
            abort_of(request)()
            return
        yield piece
