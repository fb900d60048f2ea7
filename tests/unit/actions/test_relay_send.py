"""Sending what is due: in which requests, and how a withdrawal stops one on its way."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
from sqlalchemy import insert, select, update

from crumbless import ids
from crumbless.actions.relay_send import AT_ONCE, Courier, send_due
from crumbless.domain.consent import Record
from crumbless.domain.ports import RelayAccount, RelayEvent, RelayFailed
from crumbless.domain.relay import KEEP_MS
from crumbless.domain.wire import Categories
from crumbless.ids import now_ms
from crumbless.steady_clock import read_machine
from crumbless.store.consent_store import add_record
from crumbless.store.database import write_once
from crumbless.store.people_store import find_site
from crumbless.store.relay_store import MARGIN_MS, claim_events, drop_chain, give_back_events, next_due, put_off
from crumbless.store.tables import relay_event
from crumbless.store.tag_store import Tag, consent_revision, set_tag

T = TypeVar("T")
CHAINS = ("A" * 22, "B" * 22)


class Disk:
    """Ledger and reader in one, without threads."""

    healthy = True

    def __init__(self, url: str) -> None:
        self.url = url

    async def read(self, work: Callable[[Any], T]) -> T:
        return write_once(self.url, work)

    async def write(self, work: Callable[[Any], T]) -> T:
        return write_once(self.url, work)


class Told:
    """A vendor that notes requests; while `answers` is not set it does not answer."""

    def __init__(self, most: int, mixed: bool) -> None:
        self.most, self.mixed = most, mixed
        self.requests: list[list[RelayEvent]] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.both_asked = asyncio.Event()
        self.forgotten: list[str] = []

    async def send(self, account: RelayAccount, events: Sequence[RelayEvent]) -> None:
        self.requests.append([*events])
        if len(self.requests) == 2:
            self.both_asked.set()
        await self.answers.wait()

    async def check(self, account: RelayAccount, test_code: str) -> list[str]:
        return []

    def forget(self, chain: str) -> None:
        self.forgotten.append(chain)

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def disk(database_url: str) -> Any:
    """Seven events of two consents, waiting for GA4."""

    def put_in(connection: Any) -> None:
        site = find_site(connection, "site-1")
        assert site is not None
        set_tag(connection, site, Tag("ga4", "relay", "G-A", "secret"))
        revision = consent_revision(connection, site.id)
        for chain in CHAINS:
            record = Record(
                chain, chain, site.key, now_ms(), Categories(1, 0), ["ga4"], "banner", revision, "en", "12345678", None
            )
            add_record(connection, site, record, None, "s")
        rows = [
            {
                "workspace_id": 1,
                "site_id": site.id,
                "service": "ga4",
                "name": "chat_start",
                "chain": CHAINS[number % 2],
                "at": now_ms(),
                "due_at": 0,
                "tries": 0,
            }
            for number in range(7)
        ]
        connection.execute(insert(relay_event), rows)

    write_once(database_url, put_in)
    return Disk(database_url)


def left(disk: Disk) -> list[str]:
    return write_once(disk.url, lambda connection: [*connection.execute(select(relay_event.c.chain)).scalars()])


@pytest.mark.parametrize(("mixed", "sizes"), [(False, [3, 4]), (True, [2, 5])])
async def test_events_share_requests_as_the_vendor_allows(disk: Disk, mixed: bool, sizes: list[int]) -> None:
    vendor = Told(5, mixed)
    assert await send_due(Courier("ga4", vendor), "node", disk, disk) == 7  # pyright: ignore[reportArgumentType]
    assert sorted(len(events) for events in vendor.requests) == sizes
    assert mixed or all(len({event.chain for event in events}) == 1 for events in vendor.requests)
    assert left(disk) == []


def claim(disk: Disk, node: str, most: int = 500) -> list[int]:
    due, _ = write_once(disk.url, lambda connection: claim_events(connection, "ga4", node, most))
    return [event.id for group in due for event in group.events]


def change(disk: Disk, **values: object) -> None:
    write_once(disk.url, lambda connection: connection.execute(update(relay_event).values(**values)))


def test_what_one_node_has_claimed_no_other_gets_until_its_lease_ends(disk: Disk) -> None:
    assert claim(disk, "node-a", most=3) == [1, 2, 3]
    assert claim(disk, "node-b") == [4, 5, 6, 7]
    assert claim(disk, "node-c") == []
    assert write_once(disk.url, lambda connection: next_due(connection, "ga4")) > now_ms()  # pyright: ignore[reportOptionalOperand]
    change(disk, claimed_until=now_ms() - 1)
    assert claim(disk, "node-c") == [1, 2, 3, 4, 5, 6, 7]
    # The first one comes back to life: it settles nothing that is no longer its own.
    write_once(disk.url, lambda connection: put_off(connection, "node-a", 1, now_ms() + 3_600_000, 1))
    change(disk, claimed_until=now_ms() - 1)
    assert 1 in claim(disk, "node-d")
    write_once(disk.url, lambda connection: put_off(connection, "node-d", 1, now_ms() + 3_600_000, 1))
    change(disk, claimed_until=now_ms() - 1)
    assert 1 not in claim(disk, "node-e")


def test_a_stopping_node_gives_back_its_events(disk: Disk) -> None:
    claim(disk, "node-a")
    write_once(disk.url, lambda connection: give_back_events(connection, "node-b"))
    assert claim(disk, "node-b") == []
    write_once(disk.url, lambda connection: give_back_events(connection, "node-a"))
    assert len(claim(disk, "node-b")) == 7


async def test_nothing_leaves_when_the_lease_is_about_to_end(disk: Disk) -> None:
    vendor = Told(1, mixed=False)
    vendor.answers.clear()
    sending = asyncio.ensure_future(send_due(Courier("ga4", vendor), "node", disk, disk))  # pyright: ignore[reportArgumentType]
    async with asyncio.timeout(5):
        await vendor.both_asked.wait()
    change(disk, claimed_until=now_ms() + MARGIN_MS - 1000)
    vendor.answers.set()
    await sending
    assert len(vendor.requests) == AT_ONCE, "those that were on their way, and none of the others"
    assert len(left(disk)) == 7 - AT_ONCE


async def test_a_withdrawal_stops_a_request_on_its_way(disk: Disk) -> None:
    vendor = Told(25, mixed=False)
    vendor.answers.clear()
    courier = Courier("ga4", vendor)
    sending = asyncio.ensure_future(send_due(courier, "node", disk, disk))  # pyright: ignore[reportArgumentType]
    async with asyncio.timeout(5):
        await vendor.both_asked.wait()
    assert len(courier.in_flight) == 2
    write_once(disk.url, lambda connection: drop_chain(connection, CHAINS[0], beside=()))
    courier.stop(CHAINS[0])
    vendor.answers.set()
    await sending
    assert vendor.forgotten == [CHAINS[0]]
    assert left(disk) == [], "the other consent's were taken by the vendor, the withdrawn ones were deleted"
    assert not courier.in_flight


@pytest.mark.parametrize("column", ["due_at", "claimed_until"])
def test_an_event_that_waits_for_later_than_it_can_is_due_now(disk: Disk, column: str) -> None:
    """A clock that was ahead when it was put off or claimed does not hold it back."""
    change(disk, **{column: now_ms() + 10**10})
    found = write_once(disk.url, lambda connection: next_due(connection, "ga4"))
    assert found is not None
    assert found <= now_ms()
    assert len(claim(disk, "node-a")) == 7
    assert claim(disk, "node-b") == []


def test_an_event_can_be_due_in_an_hour(disk: Disk) -> None:
    change(disk, due_at=now_ms() + 3_600_000)
    assert claim(disk, "node") == []


class Refusing(Told):
    """A vendor that takes nothing."""

    async def send(self, account: RelayAccount, events: Sequence[RelayEvent]) -> None:
        await super().send(account, events)
        raise RelayFailed("no")


async def test_an_event_is_not_dropped_for_its_age_by_a_clock_alone(disk: Disk) -> None:
    change(disk, at=now_ms() - KEEP_MS + 3_600_000)
    wall, elapsed = read_machine()
    ids.steady.see(wall, elapsed)
    ids.steady.begin(wall + 2 * 86_400_000, elapsed)
    vendor = Refusing(5, mixed=True)
    await send_due(Courier("ga4", vendor), "node", disk, disk)  # pyright: ignore[reportArgumentType]
    assert len(vendor.requests) == 2
    assert len(left(disk)) == 7
    ids.steady.see(wall + 2 * 86_400_000, elapsed)
    change(disk, due_at=0)
    await send_due(Courier("ga4", vendor), "node", disk, disk)  # pyright: ignore[reportArgumentType]
    assert left(disk) == [], "the time was seen to pass"
