"""The queue of what relays have to tell, and the counters of what they told."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from crumbless.domain.consent import CATEGORY_OF, grants
from crumbless.domain.ports import EventName, Grant, RelayAccount, RelayEvent
from crumbless.ids import now_ms
from crumbless.store.consent_store import newest_of_chain
from crumbless.store.tables import relay_event, site, site_counter, site_tag
from crumbless.store.tag_store import consent_revision


@dataclass(frozen=True, slots=True)
class Heard:
    """An event to be queued for every service of its grant."""

    grant: Grant
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


def add_events(connection: Connection, heard: Sequence[Heard]) -> None:
    """Queue what may be told; a consent that was withdrawn meanwhile keeps it out."""
    now = now_ms()
    rows = [
        {
            "workspace_id": one.grant.workspace,
            "site_id": one.grant.site,
            "service": service,
            "name": one.name,
            "chain": one.grant.chain,
            "at": one.at,
            "due_at": now,
            "tries": 0,
        }
        for one in heard
        for service in sorted(one.grant.services)
        if may_relay(connection, one.grant.site, one.grant.chain, service, now)
    ]
    if rows:
        connection.execute(insert(relay_event), rows)


def drop_chain(connection: Connection, chain: str, beside: Collection[str]) -> None:
    """Forget what waits under this consent, for all services but these."""
    connection.execute(delete(relay_event).where(relay_event.c.chain == chain, relay_event.c.service.not_in([*beside])))


def due_events(connection: Connection, service: str, now: int, limit: int) -> tuple[list[Due], list[int]]:
    """What is due for the service, by site, oldest first; and the ids of those that may not be told any more."""
    rows = connection.execute(
        select(relay_event, site_tag.c.identifier, site_tag.c.secret, site_tag.c.way, site.c.origins)
        .join(site, site.c.id == relay_event.c.site_id)
        .outerjoin(site_tag, (site_tag.c.site_id == relay_event.c.site_id) & (site_tag.c.service == service))
        .where(relay_event.c.service == service, relay_event.c.due_at <= now)
        .order_by(relay_event.c.due_at, relay_event.c.id)
        .limit(limit)
    )
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
    return [*found.values()], refused


def still_allowed(connection: Connection, service: str, site_id: int, events: Sequence[RelayEvent]) -> list[RelayEvent]:
    """Those that are still queued and whose consent still holds."""
    now = now_ms()
    ids = connection.execute(select(relay_event.c.id).where(relay_event.c.id.in_([event.id for event in events])))
    queued = {*ids.scalars()}
    chains = {event.chain for event in events}
    allowed = {chain for chain in chains if may_relay(connection, site_id, chain, service, now)}
    return [event for event in events if event.id in queued and event.chain in allowed]


def next_due(connection: Connection, service: str) -> int | None:
    """When the next event of the service is due."""
    query = select(func.min(relay_event.c.due_at)).where(relay_event.c.service == service)
    return connection.execute(query).scalar()


def drop_events(connection: Connection, ids: Collection[int]) -> None:
    """They are told, or will never be."""
    connection.execute(delete(relay_event).where(relay_event.c.id.in_([*ids])))


def put_off(connection: Connection, event_id: int, due_at: int, tries: int) -> None:
    """Try the event again then."""
    connection.execute(update(relay_event).where(relay_event.c.id == event_id).values(due_at=due_at, tries=tries))


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
