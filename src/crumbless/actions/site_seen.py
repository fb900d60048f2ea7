"""Notes that a page of a site has fetched its widget, for the check after the set-up: of the site, not of anybody."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from urllib.parse import urlsplit

from crumbless.domain.ports import LedgerPort
from crumbless.errors import ApiError
from crumbless.ids import now_ms
from crumbless.store.people_store import Site
from crumbless.store.site_store import note_site_seen

EVERY_SECONDS = 60.0
"""A site is noted at most this often by a node: what loads a page must not cost a write."""

MAX_ITEMS = 10_000
"""Sites remembered; one that drops out is noted again when it is next seen."""

log = logging.getLogger("crumbless.sites")


class EmbedSightings:
    """What this node has noted lately. Used on the loop only."""

    def __init__(self, ledger: LedgerPort) -> None:
        self._ledger = ledger
        self._noted: dict[str, float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, site: Site, referrer: str) -> None:
        """The widget of the site was fetched.

        Args:
            referrer: what the browser says of the page (RFC 9110, section 10.1.3); only its origin is looked at.
        """
        origin = origin_of(referrer)
        now = time.monotonic()
        if origin not in site.origins or now - self._noted.get(site.key, -EVERY_SECONDS) < EVERY_SECONDS:
            return
        self._noted[site.key] = now
        if len(self._noted) > MAX_ITEMS:
            del self._noted[next(iter(self._noted))]
        self._later(self._write(site.key, origin))

    def _later(self, writing: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(writing)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, key: str, origin: str) -> None:
        at = now_ms()
        try:
            await self._ledger.write(lambda connection: note_site_seen(connection, key, at, origin))
        except ApiError:
            log.info("could not store that a site was seen; trying again at the next request")
            self._noted.pop(key, None)


def origin_of(address: str) -> str:
    """The origin of a page's address, as sites list it; empty for what is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.scheme in {"http", "https"} else ""
