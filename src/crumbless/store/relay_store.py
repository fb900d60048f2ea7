"""The queue of what relays have to tell, and the counters of what they told."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, insert, or_, select, update

from crumbless.domain.consent import CATEGORY_OF, grants
from crumbless.domain.ports import EventName, RelayAccount, RelayEvent
from crumbless.domain.relay import LONGEST_WAIT_MS
from crumbless.ids import now_ms
from crumbless.store.consent_store import newest_of_chain
from crumbless.store.database import lease_clock
from crumbless.store.tables import relay_event, site, site_counter, site_tag
from crumbless.store.tag_store import consent_revision, find_tags

LEASE_MS = 120_000
"""A node that claimed events and is not heard of again loses them after this."""

FARTHEST_MS = LONGEST_WAIT_MS + LONGEST_WAIT_MS // 5
"""How far ahead an event can be due. One that is due later was put off by a wrong clock."""

MARGIN_MS = 15_000
"""What a request may take: nothing leaves when less of its lease is left."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something happened in a conversation of this site that stands under this consent."""

    workspace: int
    site: int
    chain: str
    name: EventName
    at: int


@dataclass(frozen=True, slots=True)
class Due:
    """Events of one site and service whose time has come, and how often each was tried."""

    site: int
    account: RelayAccount
    events: list[RelayEvent]
    tries: dict[int, int]


def may_relay(connection: Connection, site_id: int, chain: str, service: str, now: int) -> bool:
    """Whether the newest record of the chain lets this service be told of the site's events."""
    record = newest_of_chain(connection, chain)
    return record is not None and grants(record, CATEGORY_OF[service], consent_revision(connection, site_id), now)


def add_events(connection: Connection, heard: Sequence[Heard]) -> bool:
    """Queue what may be told now, for each service that the site relays to; whether there was anything."""
    now = now_ms()
    allowed: dict[tuple[int, str], list[str]] = {}
    for one in heard:
        if (one.site, one.chain) not in allowed:
            relays = [tag.service for tag in find_tags(connection, one.site) if tag.way == "relay"]
            allowed[one.site, one.chain] = [
                service for service in relays if may_relay(connection, one.site, one.chain, service, now)
            ]
    rows = [
        {
            "workspace_id": one.workspace,
            "site_id": one.site,
            "service": service,
            "name": one.name,
            "chain": one.chain,
            "at": one.at,
            "due_at": now,
            "tries": 0,
        }
        for one in heard
        for service in allowed[one.site, one.chain]
    ]
    if rows:
        connection.execute(insert(relay_event), rows)
    return bool(rows)


def drop_chain(connection: Connection, chain: str, beside: Collection[str]) -> None:
    """Forget what waits under this consent, for all services but these."""
    connection.execute(delete(relay_event).where(relay_event.c.chain == chain, relay_event.c.service.not_in([*beside])))


def claim_events(connection: Connection, service: str, node: str, most: int) -> tuple[list[Due], int]:
    """Take what is due for the service, so that no other node sends it: by site, oldest first; and how much it was.

    What may not be told any more is dropped on the way.
    """
    now, clock = now_ms(), lease_clock(connection)
    free = or_(relay_event.c.claimed_until.is_(None), relay_event.c.claimed_until <= clock)
    due = or_(and_(relay_event.c.due_at <= now, free), _far_ahead(now, clock))
    rows = connection.execute(
        select(relay_event, site_tag.c.identifier, site_tag.c.secret, site_tag.c.way, site.c.origins)
        .join(site, site.c.id == relay_event.c.site_id)
        .outerjoin(site_tag, (site_tag.c.site_id == relay_event.c.site_id) & (site_tag.c.service == service))
        .where(relay_event.c.service == service, due)
        .order_by(relay_event.c.due_at, relay_event.c.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=relay_event)
    ).all()
    allowed: dict[str, bool] = {}
    found: dict[int, Due] = {}
    refused: list[int] = []
    for row in rows:
        if row.chain not in allowed:
            allowed[row.chain] = may_relay(connection, row.site_id, row.chain, service, now)
        if row.way != "relay" or not allowed[row.chain]:
            refused.append(row.id)
            continue
        page = next(iter(row.origins), "")
        due = found.setdefault(row.site_id, Due(row.site_id, RelayAccount(row.identifier, row.secret, page), [], {}))
        due.events.append(RelayEvent(row.id, row.name, row.at, row.chain))
        due.tries[row.id] = row.tries
    drop_events(connection, refused)
    connection.execute(
        update(relay_event)
        .where(relay_event.c.id.in_([number for due in found.values() for number in due.tries]))
        .values(claimed_by=node, claimed_until=clock + LEASE_MS)
    )
    return [*found.values()], len(rows)


def still_allowed(
    connection: Connection, service: str, site_id: int, events: Sequence[RelayEvent], node: str
) -> list[RelayEvent]:
    """Those that are still queued and this node's own for long enough, and whose consent still holds."""
    now = now_ms()
    ids = connection.execute(
        select(relay_event.c.id).where(
            relay_event.c.id.in_([event.id for event in events]),
            relay_event.c.claimed_by == node,
            relay_event.c.claimed_until > lease_clock(connection) + MARGIN_MS,
        )
    )
    queued = {*ids.scalars()}
    chains = {event.chain for event in events}
    allowed = {chain for chain in chains if may_relay(connection, site_id, chain, service, now)}
    return [event for event in events if event.id in queued and event.chain in allowed]


def next_due(connection: Connection, service: str) -> int | None:
    """When an event of the service can be claimed next: that nobody has, or whose node was not heard of again."""
    far = _far_ahead(now_ms(), lease_clock(connection))
    free_at = case((far, 0), else_=func.coalesce(relay_event.c.claimed_until, relay_event.c.due_at))
    return connection.execute(select(func.min(free_at)).where(relay_event.c.service == service)).scalar()


def _far_ahead(now: int, clock: int) -> ColumnElement[bool]:
    """Return whether the time that an event waits for is later than it can be: a clock was wrong, so it is due now."""
    unclaimed = or_(relay_event.c.claimed_until.is_(None), relay_event.c.claimed_until <= clock)
    # Twice: as in task_store.py.
    late_claim = relay_event.c.claimed_until > clock + 2 * LEASE_MS
    return or_(and_(unclaimed, relay_event.c.due_at > now + FARTHEST_MS), late_claim)


def give_back_events(connection: Connection, node: str) -> None:
    """The node stops: what it had claimed is free again."""
    connection.execute(
        update(relay_event).where(relay_event.c.claimed_by == node).values(claimed_by=None, claimed_until=None)
    )


def drop_events(connection: Connection, ids: Collection[int]) -> None:
    """They are told, or will never be."""
    connection.execute(delete(relay_event).where(relay_event.c.id.in_([*ids])))


def put_off(connection: Connection, node: str, event_id: int, due_at: int, tries: int) -> None:
    """Try the event again then. A node that was too slow and lost it to another changes nothing."""
    connection.execute(
        update(relay_event)
        .where(relay_event.c.id == event_id, relay_event.c.claimed_by == node)
        .values(due_at=due_at, tries=tries, claimed_by=None, claimed_until=None)
    )


def count(connection: Connection, site_id: int, name: str, by: int) -> None:
    """Raise the site's counter of today (UTC)."""
    if not by:
        return
    day = datetime.datetime.fromtimestamp(now_ms() / 1000, datetime.UTC).date().isoformat()
    found = connection.execute(
        update(site_counter)
        .where(site_counter.c.site_id == site_id, site_counter.c.day == day, site_counter.c.name == name)
        .values(count=site_counter.c["count"] + by)
    )
    if not found.rowcount:
        workspace = select(site.c.workspace_id).where(site.c.id == site_id).scalar_subquery()
        connection.execute(
            insert(site_counter).values(workspace_id=workspace, site_id=site_id, day=day, name=name, count=by)
        )


def drop_service(connection: Connection, site_id: int, service: str) -> None:
    """Forget what waits for this service on the site."""
    connection.execute(delete(relay_event).where(relay_event.c.site_id == site_id, relay_event.c.service == service))
