"""The status follows from the timeline."""

from typing import Any

import pytest

from crumbless.domain.conversation import status_after

VISITOR = ("message", "visitor", "")
OPERATOR = ("message", "operator", "")
CLOSED = ("event", "operator", "closed")
ERASED = ("event", "visitor", "erased")
EMPTIED = ("erased", "visitor", "")


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        ([VISITOR], "waiting"),
        ([VISITOR, VISITOR], "waiting"),
        ([VISITOR, OPERATOR], "open"),
        ([VISITOR, OPERATOR, VISITOR], "waiting"),
        ([VISITOR, CLOSED], "closed"),
        ([VISITOR, CLOSED, CLOSED], "closed"),
        ([VISITOR, OPERATOR, CLOSED, VISITOR], "waiting"),
        ([VISITOR, CLOSED, OPERATOR], "open"),
        ([VISITOR, OPERATOR, ERASED], "closed"),
        ([EMPTIED, ERASED], "closed"),
        ([CLOSED, EMPTIED], "closed"),
    ],
)
def test_the_last_word_decides(entries: list[tuple[Any, Any, Any]], status: str) -> None:
    now: Any = "waiting"
    for kind, author, event in entries:
        now = status_after(now, kind, author, event)
    assert now == status
