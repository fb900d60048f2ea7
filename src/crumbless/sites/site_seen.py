"""Stores when a page of a site last fetched the widget, for the check after set-up. Stores no personal data."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from urllib.parse import urlsplit

from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.ledger.ledger_port import LedgerPort
from crumbless.sites.site_store import Site, note_site_seen

EVERY_SECONDS = 60.0
"""Shortest time between two writes for a site on a node. A page load must not cost a write."""

MAX_ITEMS = 10_000
"""Sites held in memory. A site that was dropped is written again at its next request."""

log = logging.getLogger("crumbless.sites")


class EmbedSightings:
    """The sites that this node has written recently. Used only on the event loop."""

    def __init__(self, ledger: LedgerPort) -> None:
        self._ledger = ledger
        self._noted: dict[str, float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, site: Site, referrer: str) -> None:
        """Note that the widget of the site was fetched.

        Args:
            referrer: the Referer header of the request (RFC 9110, section 10.1.3). Only its origin is used.
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
            log.info("could not store that a site was seen; retrying at the next request")
            self._noted.pop(key, None)


def origin_of(address: str) -> str:
    """Return the origin of a page's address, as sites list it. Return an empty text for other schemes."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.scheme in {"http", "https"} else ""
