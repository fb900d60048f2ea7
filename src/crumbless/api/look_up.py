"""Look-ups of names from clients. A network that requests too many unknown names is rejected before any read."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import Connection

from crumbless.api.known_sites import KnownSites
from crumbless.api.platform import Services
from crumbless.api.request_limits import RequestLimits
from crumbless.domain.access import Session
from crumbless.domain.bounds import MAX_SITE_KEY
from crumbless.domain.limits import KeyedBuckets
from crumbless.domain.proof import token_hash
from crumbless.errors import ApiError
from crumbless.store.people_store import Site, find_site

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


async def find_public_site(services: Services, network: str, key: str) -> Site | None:
    """Return the site with this key, or None, for public pages and scripts.

    Raises:
        ApiError: as `look_up`, for a key that was not found recently.
    """
    # PostgreSQL cannot store a NUL.
    if not key.isprintable() or not 0 < len(key) <= MAX_SITE_KEY:
        return None

    def find(connection: Connection) -> Site | None:
        return find_site(connection, key)

    if key in services.of(KnownSites):
        site = await services.reader.read(find)
    else:
        site = await look_up(services.of(RequestLimits).unknown_names, network, lambda: services.reader.read(find))
    services.of(KnownSites).note(key, known=site is not None)
    return site
