"""Events for vendors: requests, consents, and how a withdrawal cancels a request in flight."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from crumbless.consent.consent import ConsentReceipt
from crumbless.consent.consent_store import add_receipt
from crumbless.consent.consent_wire import Categories
from crumbless.consent.relay_port import RelayAccount, RelayEvent, RelayFailed
from crumbless.consent.relay_runner import RelaySend
from crumbless.consent.relay_store import MARGIN_MS, RelayTrigger, add_events
from crumbless.consent.tables import site_counter
from crumbless.consent.tag_store import VendorTag, consent_revision, set_vendor_tag
from crumbless.core import ids
from crumbless.core.ids import now_ms
from crumbless.core.steady_clock import read_machine
from crumbless.database.database import open_reader, write_once
from crumbless.ledger.ledger import Ledger
from crumbless.ledger.ledger_sqlite import SqliteBatchWriter
from crumbless.ledger.tables import task
from crumbless.sites.site_store import find_site
from crumbless.tasks.task import EVENT_KINDS, MAX_AGE_MS, Task, TaskFailed
from crumbless.tasks.task_runner import TaskRunner
from crumbless.tasks.task_store import claim_batches, delete_tasks

CHAINS = ("A" * 22, "B" * 22)
KEEP_MS = MAX_AGE_MS["ga4"]


class Told:
    """A vendor that records requests. It does not answer while `answers` is not set."""

    def __init__(self, most: int, mixed: bool, refuses: bool = False) -> None:
        self.most, self.mixed, self.refuses = most, mixed, refuses
        self.requests: list[list[RelayEvent]] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.forgotten: list[str] = []
        self.closed = False

    async def send(self, account: RelayAccount, events: Sequence[RelayEvent]) -> None:
        assert (account.identifier, account.secret) == ("G-A", "secret")
        self.requests.append([*events])
        await self.answers.wait()
        if self.refuses:
            raise RelayFailed("no")

    async def check(self, account: RelayAccount, test_code: str) -> list[str]:
        return []

    def forget(self, chain: str) -> None:
        self.forgotten.append(chain)

    async def close(self) -> None:
        self.closed = True


class Office:
    """A runner that sends to one vendor, and its database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.reader = open_reader(url)
        self.ledger = Ledger(lambda: SqliteBatchWriter(url), lambda _: None, 1000)
        self.runner: TaskRunner | None = None

    def handler(self, vendor: Told) -> RelaySend:
        return RelaySend("ga4", vendor, self.reader)

    def run(self, vendor: Told) -> TaskRunner:
        self.runner = TaskRunner({"ga4": self.handler(vendor)}, self.ledger, self.reader, 3600)
        self.loop = asyncio.create_task(self.runner.loop.run())
        return self.runner

    async def stop(self) -> None:
        runner, self.runner = self.runner, None
        if runner is not None:
            self.loop.cancel()
            await asyncio.wait({self.loop})
            await runner.stop()

    async def close(self) -> None:
        await self.stop()
        await self.ledger.close()
        await self.reader.close()

    def left(self) -> list[Any]:
        return write_once(self.url, lambda connection: [*connection.execute(select(task).order_by(task.c.id))])

    def change(self, **values: object) -> None:
        write_once(self.url, lambda connection: connection.execute(update(task).values(**values)))

    def claim(self) -> list[Task]:
        [batch] = write_once(self.url, lambda connection: claim_batches(connection, "node", "ga4", 1, size=25))
        return batch

    def counted(self) -> dict[str, int]:
        counters = select(site_counter.c.name, site_counter.c["count"])
        return {name: number for name, number in write_once(self.url, lambda one: one.execute(counters).all())}  # noqa: C416


def put_in(connection: Any) -> None:
    """Queue seven events of two consents for GA4."""
    site = find_site(connection, "site-1")
    assert site is not None
    set_vendor_tag(connection, site, VendorTag("ga4", "relay", "G-A", "secret"))
    revision = consent_revision(connection, site.id)
    for chain in CHAINS:
        record = ConsentReceipt(
            chain, chain, site.key, now_ms(), Categories(1, 0), ["ga4"], "banner", revision, "en", "12345678", None
        )
        add_receipt(connection, site, record, None, "s")
    triggers = [RelayTrigger(1, site.id, CHAINS[number % 2], "chat_start", now_ms()) for number in range(7)]
    assert add_events(connection, triggers)


@pytest_asyncio.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    write_once(database_url, put_in)
    office = Office(database_url)
    office.ledger.start()
    yield office
    await office.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the state is in the database
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(("mixed", "sizes"), [(False, [3, 4]), (True, [2, 5])])
async def test_events_share_requests_as_the_vendor_allows(office: Office, mixed: bool, sizes: list[int]) -> None:
    vendor = Told(5, mixed)
    office.run(vendor)
    await until(lambda: not office.left())
    assert sorted(len(events) for events in vendor.requests) == sizes
    assert mixed or all(len({event.chain for event in events}) == 1 for events in vendor.requests)
    assert office.counted() == {"ga4_sent": 7}


async def test_vendor_that_does_not_answer_has_four_requests_at_most(office: Office) -> None:
    vendor = Told(1, mixed=False)
    vendor.answers.clear()
    runner = office.run(vendor)
    await until(lambda: len(vendor.requests) == 4)
    runner.wake()
    assert [row.claimed_by is None for row in office.left()] == [False] * 4 + [True] * 3
    vendor.answers.set()
    await until(lambda: not office.left())
    assert len(vendor.requests) == 7


async def test_events_of_other_consents_in_a_cancelled_request_are_resent_at_once(office: Office) -> None:
    vendor = Told(25, mixed=True)
    vendor.answers.clear()
    runner = office.run(vendor)
    await until(lambda: len(vendor.requests) == 1)
    write_once(office.url, lambda connection: delete_tasks(connection, EVENT_KINDS, about=CHAINS[0]))
    runner.withdraw(EVENT_KINDS, CHAINS[0])
    vendor.answers.set()
    await until(lambda: not office.left())
    assert [len(events) for events in vendor.requests] == [7, 3]
    assert {event.chain for event in vendor.requests[1]} == {CHAINS[1]}
    assert vendor.forgotten == [CHAINS[0]]
    assert office.counted() == {"ga4_sent": 3}, "the cancelled request is not counted"


async def test_withdrawal_cancels_no_request_of_another_consent_or_service(office: Office) -> None:
    vendor = Told(25, mixed=False)
    vendor.answers.clear()
    runner = office.run(vendor)
    await until(lambda: len(vendor.requests) == 2)
    write_once(office.url, lambda connection: delete_tasks(connection, EVENT_KINDS, about=CHAINS[0]))
    runner.withdraw(EVENT_KINDS, CHAINS[0])
    runner.withdraw({"tiktok"}, CHAINS[1])
    vendor.answers.set()
    await until(lambda: not office.left())
    assert len(vendor.requests) == 2
    assert office.counted() == {"ga4_sent": 3}


async def test_event_withdrawn_after_the_claim_is_not_sent(office: Office) -> None:
    vendor = Told(25, mixed=True)
    claimed = office.claim()
    write_once(office.url, lambda connection: delete_tasks(connection, ["ga4"], about=CHAINS[0]))
    assert await office.handler(vendor).do(claimed) == 3
    assert {event.chain for event in vendor.requests[0]} == {CHAINS[1]}


async def test_events_without_a_valid_lease_are_not_sent(office: Office) -> None:
    vendor = Told(25, mixed=True)
    handler, claimed = office.handler(vendor), office.claim()
    assert await handler.do(claimed) == 7, "the premise: with its lease they are sent"
    office.change(claimed_until=now_ms() + MARGIN_MS - 1000)
    with pytest.raises(TaskFailed, match="its lease is about to end"):
        await handler.do(claimed)
    office.change(claimed_by="another", claimed_until=now_ms() + 60_000)
    assert await handler.do(claimed) == 0
    write_once(office.url, lambda connection: handler.on_failed(connection, claimed, "too old"))
    write_once(office.url, lambda connection: handler.finish(connection, claimed, 0))
    assert len(office.left()) == 7, "no event is deleted either"
    assert office.counted() == {}
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("tag", [VendorTag("ga4", "browser", "G-A", ""), VendorTag("tiktok", "relay", "C", "secret")])
async def test_event_without_account_or_consent_is_deleted_and_not_sent(office: Office, tag: VendorTag) -> None:
    """The service has moved into the browser, or the site's consent question changed with a new service."""
    vendor = Told(25, mixed=True)

    def change_tag(connection: Any) -> None:
        site = find_site(connection, "site-1")
        assert site is not None
        set_vendor_tag(connection, site, tag)

    write_once(office.url, change_tag)
    office.run(vendor)
    await until(lambda: not office.left())
    assert vendor.requests == []
    assert office.counted() == {}


async def test_clock_jump_alone_does_not_expire_an_event(office: Office) -> None:
    office.change(created_at=now_ms() - KEEP_MS + 3_600_000)
    wall, elapsed = read_machine()
    ids.steady.see(wall, elapsed)
    ids.steady.begin(wall + 2 * 86_400_000, elapsed)
    vendor = Told(5, mixed=True, refuses=True)
    runner = office.run(vendor)
    await until(lambda: all(row.error == "no" for row in office.left()))
    assert len(vendor.requests) == 2
    assert len(office.left()) == 7
    ids.steady.see(wall + 2 * 86_400_000, elapsed)
    office.change(due_at=0)
    runner.wake()
    await until(lambda: not office.left())
    assert office.counted() == {"ga4_dropped": 7}, "the time was measured as passed"


async def test_attempts_of_an_event_are_limited_by_its_age_only(office: Office) -> None:
    office.change(attempts=30, due_at=0)
    office.run(Told(25, mixed=True, refuses=True))
    await until(lambda: all(row.error == "no" for row in office.left()))
    assert [(row.attempts, row.dead_at) for row in office.left()] == [(31, None)] * 7


async def test_connections_are_closed_on_shutdown(office: Office) -> None:
    vendor = Told(25, mixed=True)
    office.run(vendor)
    await until(lambda: not office.left())
    assert not vendor.closed
    await office.stop()
    assert vendor.closed
