"""Finds the site of a key that a client sent. Unknown keys are limited by network (http/look_up.py)."""

from sqlalchemy import Connection

from crumbless.core.bounds import MAX_SITE_KEY
from crumbless.core.errors import ApiError
from crumbless.http.call import PublicCall
from crumbless.http.look_up import look_up
from crumbless.http.request_limits import RequestLimits
from crumbless.http.services import Services
from crumbless.sites.known_sites import KnownSites
from crumbless.sites.site_store import Site, find_site


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


async def read_site(call: PublicCall, key: str) -> Site:
    """Return the site with this key.

    Raises:
        ApiError: `not_found`; `slow_down` if the network has requested too many unknown keys.
    """
    site = await find_public_site(call.platform, call.network, key)
    if site is None:
        raise ApiError("not_found", "There is no site with this key.")
    return site
