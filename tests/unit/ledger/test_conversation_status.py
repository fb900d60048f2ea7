"""A conversation's state follows from its timeline."""

from typing import Any

import pytest

from crumbless.ledger.conversation_status import status_after, waiting_since_after

VISITOR = ("message", "visitor")
OPERATOR = ("message", "operator")
RULE = ("message", "rule")
NOTE = ("note", "operator")
CLOSED = ("closed", "operator")
ERASED = ("erased", "visitor")


@pytest.mark.parametrize(
    ("entries", "status", "since"),
    [
        ([VISITOR], "open", 1),
        ([VISITOR, VISITOR], "open", 1),
        ([VISITOR, OPERATOR], "open", None),
        ([VISITOR, RULE], "open", None),
        ([VISITOR, NOTE], "open", 1),
        ([VISITOR, OPERATOR, VISITOR], "open", 3),
        ([VISITOR, CLOSED], "closed", None),
        ([VISITOR, CLOSED, CLOSED], "closed", None),
        ([VISITOR, CLOSED, NOTE], "closed", None),
        ([VISITOR, OPERATOR, CLOSED, VISITOR], "open", 4),
        ([VISITOR, CLOSED, OPERATOR], "open", None),
        ([VISITOR, OPERATOR, ERASED], "closed", None),
    ],
)
def test_status_and_wait_follow_from_the_entries(
    entries: list[tuple[Any, Any]], status: str, since: int | None
) -> None:
    now: Any = "open"
    waiting: int | None = None
    for at, (kind, author) in enumerate(entries, 1):
        now, waiting = status_after(now, kind), waiting_since_after(waiting, kind, author, at)
    assert (now, waiting) == (status, since)


@pytest.mark.parametrize("entry", [NOTE])
def test_snoozed_conversation_stays_snoozed_without_a_message(entry: tuple[Any, Any]) -> None:
    assert status_after("snoozed", entry[0]) == "snoozed"
    assert status_after("snoozed", "message") == "open"
