"""Events of a site by day, counted by each database."""

from crumbless.consent.counter_read import day_counters
from crumbless.consent.relay_store import count
from crumbless.core.ids import now_ms
from crumbless.core.time_units import DAY_MS
from crumbless.database.database import write_once
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_open import open_writer
from support.value_make import make_entry


def test_days_are_counted_newest_first(any_url: str) -> None:
    now = now_ms()
    entries = [
        make_entry(at=now - DAY_MS),
        make_entry(at=now - DAY_MS, author_kind="operator", author_id="operator-1"),
        make_entry(at=now),
        make_entry(at=now, kind="closed", author_kind="operator"),
    ]
    writer = open_writer(any_url)
    writer.commit([WriteRequest(entry, None, lambda _outcome: None) for entry in entries])
    writer.close()
    write_once(any_url, lambda connection: count(connection, 1, "ga4_sent", 2))
    write_once(any_url, lambda connection: count(connection, 1, "ga4_sent", 3))
    found = write_once(any_url, lambda connection: day_counters(connection, 1, 1, 2))
    assert [*found.values()] == [
        {"chats": 0, "visitor_messages": 1, "operator_messages": 0, "closed": 1, "ga4_sent": 5},
        {"chats": 1, "visitor_messages": 1, "operator_messages": 1, "closed": 0},
    ]
    assert [*found] == sorted(found, reverse=True)
    assert len(write_once(any_url, lambda connection: day_counters(connection, 1, 1, 1))) == 1
