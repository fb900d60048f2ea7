"""Events for vendors as tasks of the outbox, the consent that they need, and the counters of sent events."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from crumbless.consent.consent import CATEGORY_OF, grants
from crumbless.consent.consent_store import newest_of_chain
from crumbless.consent.relay import event_name
from crumbless.consent.relay_port import EventName, RelayAccount, RelayEvent
from crumbless.consent.tables import site_counter, vendor_tag
from crumbless.consent.tag_store import consent_revision, find_vendor_tags
from crumbless.core.ids import now_ms
from crumbless.device_storage.storage_registry import Service
from crumbless.ledger.entry import Appended
from crumbless.ledger.events import DomainEvent, TasksQueued
from crumbless.ledger.ledger_sequence import Conversation
from crumbless.ledger.tables import site, task
from crumbless.tasks.task import Task, TaskFailed
from crumbless.tasks.task_store import still_claimed

MARGIN_MS = 15_000
"""Longest time of a request. No request is sent when less of its lease is left."""


@dataclass(frozen=True, slots=True)
class RelayTrigger:
    """An event in a conversation of this site that may need relaying under this consent chain."""

    workspace: int
    site: int
    chain: str
    name: EventName
    at: int


def may_relay(connection: Connection, site_id: int, chain: str, service: str, now: int) -> bool:
    """Return whether the newest receipt of the chain permits sending the site's events to this service."""
    record = newest_of_chain(connection, chain)
    return record is not None and grants(record, CATEGORY_OF[service], consent_revision(connection, site_id), now)


def queue_vendor_events(
    connection: Connection, appended: Sequence[Appended], conversations: Mapping[str, Conversation]
) -> Sequence[DomainEvent]:
    """Queue vendor events for entries: a reaction of the ledger (ledger/reaction.py)."""
    consents = {name: (one.site, one.consent) for name, one in conversations.items() if one.consent}
    if not consents:
        return ()
    triggers: list[RelayTrigger] = []
    for one in appended:
        found = consents.get(one.entry.conversation)
        if found is not None and (name := event_name(one)):
            triggers.append(RelayTrigger(one.entry.workspace, *found, name, one.entry.at))
    return (TasksQueued(),) if triggers and add_events(connection, triggers) else ()


def add_events(connection: Connection, triggers: Sequence[RelayTrigger]) -> bool:
    """Queue the permitted events for each service that the site relays to. Return whether there were any."""
    now = now_ms()
    allowed: dict[tuple[int, str], list[str]] = {}
    for one in triggers:
        if (one.site, one.chain) not in allowed:
            relays = [tag.service for tag in find_vendor_tags(connection, one.site) if tag.mode == "relay"]
            allowed[one.site, one.chain] = [
                service for service in relays if may_relay(connection, one.site, one.chain, service, now)
            ]
    rows = [
        {
            "workspace_id": one.workspace,
            "kind": service,
            "destination": str(one.site),
            "about": one.chain,
            "payload": {"name": one.name},
            "due_at": now,
            "created_at": one.at,
        }
        for one in triggers
        for service in allowed[one.site, one.chain]
    ]
    if rows:
        connection.execute(insert(task), rows)
    return bool(rows)


def find_sendable(
    connection: Connection, service: Service, tasks: Sequence[Task]
) -> tuple[RelayAccount | None, list[RelayEvent]]:
    """Return the account of the tasks' site, and those of their events that may be sent now.

    Raises:
        TaskFailed: if another node may claim them while they are sent.
    """
    now, site_id = now_ms(), int(tasks[0].destination)
    found = connection.execute(
        select(vendor_tag.c.identifier, vendor_tag.c.secret, site.c.origins)
        .join(site, site.c.id == vendor_tag.c.site_id)
        .where(vendor_tag.c.site_id == site_id, vendor_tag.c.service == service, vendor_tag.c.mode == "relay")
    ).first()
    if found is None:
        return None, []
    queued = still_claimed(connection, tasks, MARGIN_MS)
    if not all(queued.values()):
        raise TaskFailed("its lease is about to end")
    allowed = {chain for chain in {one.about for one in tasks} if may_relay(connection, site_id, chain, service, now)}
    events = [
        RelayEvent(one.id, one.payload["name"], one.created_at, one.about)
        for one in tasks
        if one.id in queued and one.about in allowed
    ]
    return RelayAccount(found.identifier, found.secret, next(iter(found.origins), "")), events


def count(connection: Connection, site_id: int, name: str, by: int) -> None:
    """Increase the site's counter of today (UTC)."""
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
