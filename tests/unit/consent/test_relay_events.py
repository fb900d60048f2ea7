"""The entries that are vendor events, and the delays of retries."""

import pytest

from crumbless.consent.relay import event_name
from crumbless.ledger.entry import Appended, NewEntry
from crumbless.protocol.timeline import AuthorKind, Kind
from crumbless.tasks.task import FIRST_WAIT_MS, LONGEST_WAIT_MS, wait_after


@pytest.mark.parametrize(
    ("seq", "kind", "author", "name"),
    [
        (1, "message", "visitor", "chat_start"),
        (2, "message", "visitor", "chat_message_sent"),
        (2, "message", "operator", None),
        (3, "closed", "operator", "chat_closed"),
        (None, "note", "operator", None),
    ],
)
def test_entry_is_one_event_or_none(seq: int | None, kind: Kind, author: AuthorKind, name: str | None) -> None:
    entry = NewEntry(1, "c", "e", 0, kind, author, "a", "A")
    assert event_name(Appended(entry, 7, seq, 7, repeat=False)) == name


def test_waits_double_up_to_an_hour() -> None:
    for tries in range(1, 40):
        least = min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS)
        assert least <= wait_after(tries) < least * 1.2
