"""Events are published after the commit of their transaction, and never without it."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import Connection, text, update

from crumbless.accounts.account_policy_store import touch_operators
from crumbless.consent.consent import ConsentReceipt
from crumbless.consent.consent_store import add_receipt
from crumbless.consent.consent_wire import Categories
from crumbless.consent.tag_store import VendorTag, consent_revision, set_vendor_tag
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.database.database import write_once
from crumbless.ledger.after_commit import after_commit
from crumbless.ledger.entry import Appended
from crumbless.ledger.events import BansChanged, DomainEvent, OperatorChanged, SessionEnded, TasksQueued
from crumbless.ledger.ledger import Ledger
from crumbless.ledger.ledger_open import open_writer
from crumbless.ledger.tables import conversation
from crumbless.reaction_table import REACTIONS
from crumbless.realtime.session_store import add_session, end_sessions
from crumbless.sites.site_store import find_site
from support.value_make import CONVERSATION, make_entry, make_session


class Publisher:
    """Receives the events, and the database contents at that moment."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.events: list[DomainEvent] = []
        self.names: list[str] = []

    def publish(self, events: Sequence[DomainEvent]) -> None:
        self.events += events
        query = text("SELECT name FROM visitor WHERE id = 'visitor-1'")
        self.names.append(write_once(self.url, lambda connection: connection.execute(query).scalar_one()))


async def with_ledger(
    any_url: str, publish: Callable[[Sequence[DomainEvent]], None], *operations: Callable[[Connection], object]
) -> list[object]:
    ledger = Ledger(lambda: open_writer(any_url), lambda _: None, 100, publish)
    ledger.start()
    outcomes = await asyncio.gather(*(ledger.write(one) for one in operations), return_exceptions=True)
    await ledger.close()
    return outcomes


def rename(connection: Connection) -> None:
    after_commit(connection, BansChanged())
    connection.execute(text("UPDATE visitor SET name = 'Vera' WHERE id = 'visitor-1'"))


def reject(connection: Connection) -> None:
    after_commit(connection, OperatorChanged(1, "operator-9"))
    raise ApiError("forbidden")


async def test_event_is_published_once_its_change_is_committed(any_url: str) -> None:
    publisher = Publisher(any_url)
    await with_ledger(any_url, publisher.publish, rename)
    assert publisher.events == [BansChanged()]
    assert publisher.names == ["Vera"]


async def test_event_of_a_rejected_operation_is_not_published(any_url: str) -> None:
    publisher = Publisher(any_url)
    outcomes = await with_ledger(any_url, publisher.publish, reject, rename)
    assert isinstance(outcomes[0], ApiError)
    assert publisher.events == [BansChanged()], "the other operation of the batch is published"


async def test_failing_publisher_does_not_prevent_the_acknowledgement(
    any_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_events: Sequence[DomainEvent]) -> None:
        raise RuntimeError("the bus is gone")

    ledger = Ledger(lambda: open_writer(any_url), lambda _: None, 100, fail)
    ledger.start()
    assert isinstance(await ledger.append(make_entry(), rename), Appended)
    await ledger.close()
    assert "events could not be published" in caplog.text


async def test_ending_sessions_and_changing_operators_have_events(any_url: str) -> None:
    publisher = Publisher(any_url)
    session = make_session()

    def end_and_touch(connection: Connection) -> None:
        add_session(connection, session, bytes(32))
        end_sessions(connection, [session])
        touch_operators(connection, 1)

    await with_ledger(any_url, publisher.publish, end_and_touch)
    assert publisher.events[0] == SessionEnded(session)
    assert {type(one) for one in publisher.events[1:]} <= {OperatorChanged}


def bind(connection: Connection) -> None:
    """Let events of the first conversation be sent to a vendor."""
    site = find_site(connection, "site-1")
    assert site is not None
    set_vendor_tag(connection, site, VendorTag("ga4", "relay", "G-A", "secret"))
    revision, chain = consent_revision(connection, site.id), "A" * 22
    record = ConsentReceipt(
        chain, chain, site.key, now_ms(), Categories(1, 0), ["ga4"], "banner", revision, "en", "12", None
    )
    add_receipt(connection, site, record, None, "s")
    connection.execute(update(conversation).where(conversation.c.id == CONVERSATION).values(receipt_chain=chain))


async def test_message_without_an_operation_wakes_the_outbox_for_its_own_vendor_event(any_url: str) -> None:
    write_once(any_url, bind)
    publisher = Publisher(any_url)
    ledger = Ledger(lambda: open_writer(any_url, REACTIONS), lambda _: None, 100, publisher.publish)
    ledger.start()
    await ledger.append(make_entry())
    after_the_message = [*publisher.events]
    await ledger.write(lambda _connection: None)
    await ledger.close()
    assert after_the_message == [TasksQueued()]
    assert publisher.events == after_the_message, "no wake-up remains for the next batch"
