"""Who may begin a chat: anybody at a person's pace; floods, and who comes from where a banned visitor came, for
work."""

import time

from crumbless.api.platform import Services
from crumbless.api.visitor_limits import StartLimits
from crumbless.api.visitor_parts import VisitorServices
from crumbless.domain.work import FLOOD_BITS, USUAL_BITS
from crumbless.errors import ApiError
from crumbless.store.people_store import Site, find_site


async def admit_start(services: Services, network: str, site_key: str, work: str, thumbprint: str | None) -> None:
    """Takes a token of the network and of the site for a start.

    Beyond either rate, a start costs the client's processor something. A network that pays is let in up to ten times
    its rate; on a crowded site, which cannot choose who floods it, everybody who pays.

    Raises:
        ApiError: `not_found` for a site that does not exist; `banned` for a key or network that is; `work_needed` with
        a
            challenge; `slow_down` for a network that goes on and on.
    """
    limits, now = services.of(StartLimits), time.monotonic()
    over, crowded = limits.starts.take(network, now), 0.0
    if not over:
        # Looked up first: only sites that exist are counted, and by their own ID. A network beyond its rate is asked
        # for proof of work before anything is read for it.
        site = await services.reader.read(lambda connection: find_site(connection, site_key))
        if site is None:
            raise ApiError("not_found")
        crowded = limits.site_starts.take(site.id, now)
        if not crowded and not await _is_suspect(services, network, site, thumbprint):
            return
    proof_of_work = services.of(VisitorServices).proof_of_work
    replay_key = proof_of_work.accepts(work, USUAL_BITS) if work else None
    if replay_key is None or not services.replays.first_time(replay_key):
        bits = FLOOD_BITS if crowded or limits.many_asked.take(network, now) else USUAL_BITS
        raise ApiError(
            "work_needed",
            retry_after=max(over, crowded),
            work=proof_of_work.challenge(bits),
        )
    if over and (wait := limits.proof_of_work_starts.take(network, now)):
        raise ApiError("slow_down", retry_after=wait)


async def _is_suspect(services: Services, network: str, site: Site, thumbprint: str | None) -> bool:
    """Whether a banned visitor of this site's workspace last came from the same network."""
    visitors = services.of(VisitorServices)
    bans = await visitors.bans.current()
    if not bans.suspect_networks:
        return False
    network_hash = visitors.network_hash(network)
    # Told at once: nobody is asked for work that leads nowhere.
    if bans.holds(site.workspace, key=thumbprint, network=network_hash):
        raise ApiError("banned")
    return bans.suspects(site.workspace, network_hash)
