"""Which entries are events to vendors, and how tries are spread."""

import pytest

from crumbless.domain.entry import NewEntry
from crumbless.domain.ports import Appended
from crumbless.domain.relay import FIRST_WAIT_MS, LONGEST_WAIT_MS, event_name, wait_after
from crumbless.domain.wire import AuthorKind, Event, Kind


@pytest.mark.parametrize(
    ("seq", "kind", "author", "event", "name"),
    [
        (1, "message", "visitor", "", "chat_start"),
        (2, "message", "visitor", "", "chat_message_sent"),
        (2, "message", "operator", "", None),
        (3, "event", "operator", "closed", "chat_closed"),
    ],
)
def test_an_entry_is_an_event_or_nothing(seq: int, kind: Kind, author: AuthorKind, event: Event, name: str) -> None:
    entry = NewEntry(1, "c", "e", 0, kind, author, "a", "A", "text", event)
    assert event_name(Appended(entry, seq, seq, repeat=False)) == name


def test_waits_double_up_to_an_hour() -> None:
    for tries in range(40):
        least = min(FIRST_WAIT_MS * 2**tries, LONGEST_WAIT_MS)
        assert least <= wait_after(tries) < least * 1.2
