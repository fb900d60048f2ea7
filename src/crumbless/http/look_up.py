"""Look-ups of names that a client chose, with a limit for names that do not exist."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from crumbless.core.errors import ApiError
from crumbless.core.rate_limit import KeyedBuckets
from crumbless.http.request_limits import RequestLimits
from crumbless.http.services import Services
from crumbless.security.access import Session
from crumbless.security.dpop import token_hash

T = TypeVar("T")


async def look_up(buckets: KeyedBuckets, network: str, read: Callable[[], Awaitable[T | None]]) -> T | None:
    """Return the result of `read`. Take a token of the network for an unknown name.

    Raises:
        ApiError: `slow_down` if the network has no token left. Nothing is read then.
    """
    if wait := buckets.wait(network, time.monotonic()):
        raise ApiError("slow_down", retry_after=wait)
    found = await read()
    if found is None:
        buckets.take(network, time.monotonic())
    return found


async def find_session(services: Services, network: str, token: str) -> Session | None:
    """Return the session of a token, or None. Sessions in memory are exempt from the limit of unknown tokens.

    Raises:
        ApiError: as `look_up`.
    """
    hashed = token_hash(token)
    if services.sessions.remembers(hashed):
        return await services.sessions.find(hashed)
    return await look_up(services.of(RequestLimits).unknown_tokens, network, lambda: services.sessions.find(hashed))
