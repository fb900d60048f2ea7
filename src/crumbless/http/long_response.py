"""Long responses, which are aborted when their session ends."""

from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from crumbless.core.ids import confirmed_ms
from crumbless.http.http_protocol import ABORT
from crumbless.http.request import AnyRequest
from crumbless.security.access import Session


def abort_of(request: AnyRequest) -> Callable[[], None]:
    """Return the function that aborts the connection of the request (see http/http_protocol.py)."""
    scope = cast(Any, request.scope)
    return scope["extensions"][ABORT]["call"]


async def while_alive(request: AnyRequest, session: Session, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces of a response while its session is alive.

    Otherwise a slow client could still read after its session has ended. The connection is aborted, so that a client
    does not mistake a part of an export for the whole.
    """
    async for piece in pieces:
        if not session.alive(confirmed_ms()):
            abort_of(request)()
            return
        yield piece
