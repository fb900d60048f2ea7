"""Limits starts of conversations.

Clients within the rates start freely. A flood makes a proof of work necessary, and so does a network whose visitor was
banned in the last 24 hours.
"""

import time

from crumbless.core.errors import ApiError
from crumbless.http.services import Services
from crumbless.security.proof_of_work import FLOOD_BITS, USUAL_BITS
from crumbless.sites.site_store import Site, find_site
from crumbless.visitors.visitor_limits import StartLimits
from crumbless.visitors.visitor_services import VisitorServices


async def admit_start(services: Services, network: str, site_key: str, work: str, thumbprint: str | None) -> None:
    """Take a token of the network and of the site for a start.

    Above either rate, a start needs a proof of work. With it, a network may reach ten times its rate. On a site above
    its rate, all clients with a proof of work may start.

    Raises:
        ApiError: `not_found` for the site; `banned` for the key or network; `work_needed` with a challenge; `slow_down`
            if a network exceeds ten times its rate.
    """
    limits, now = services.of(StartLimits), time.monotonic()
    network_wait, site_wait = limits.starts.take(network, now), 0.0
    if not network_wait:
        # Looked up first, because only existing sites are counted, by their ID. A network above its rate must send a
        # proof of work before the database is read.
        site = await services.reader.read(lambda connection: find_site(connection, site_key))
        if site is None:
            raise ApiError("not_found")
        site_wait = limits.site_starts.take(site.id, now)
        if not site_wait and not await _is_suspect(services, network, site, thumbprint):
            return
    proof_of_work = services.of(VisitorServices).proof_of_work
    replay_key = proof_of_work.accepts(work, USUAL_BITS) if work else None
    if replay_key is None or not services.replays.first_time(replay_key):
        bits = FLOOD_BITS if site_wait or limits.many_asked.take(network, now) else USUAL_BITS
        raise ApiError(
            "work_needed",
            retry_after=max(network_wait, site_wait),
            work=proof_of_work.challenge(bits),
        )
    if network_wait and (wait := limits.proof_of_work_starts.take(network, now)):
        raise ApiError("slow_down", retry_after=wait)


async def _is_suspect(services: Services, network: str, site: Site, thumbprint: str | None) -> bool:
    """Return whether a visitor of the same network was banned in this site's workspace in the last 24 hours."""
    visitors = services.of(VisitorServices)
    bans = await visitors.bans.current()
    if not bans.suspect_networks:
        return False
    network_hash = visitors.network_hash(network)
    # Rejected at once, without a proof of work that would have no effect.
    if bans.holds(site.workspace, key=thumbprint, network=network_hash):
        raise ApiError("banned")
    return bans.suspects(site.workspace, network_hash)
