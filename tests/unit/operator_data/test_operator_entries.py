"""The search for an operator's entries reads bounded windows and pages, and finds each entry once."""

import pytest
from sqlalchemy import Connection, insert, select, update

from crumbless.database.database import write_once
from crumbless.ledger.tables import conversation, entry, workspace
from crumbless.operator_data import operator_entries
from crumbless.operator_data.operator_entries import CONVERSATION, written_entries
from support.value_make import CONVERSATION as CONVERSATION_ID

ENTRIES = 30
WINDOW = 7


def put_in(connection: Connection) -> None:
    """Add entries at positions 1 to ENTRIES. Every third one, and the last five, are the operator's."""
    of = connection.execute(select(conversation.c.no).where(conversation.c.id == CONVERSATION_ID)).scalar_one()
    for position in range(1, ENTRIES + 1):
        mine = position % 3 == 0 or position > ENTRIES - 5
        values = {"author_kind": "operator", "author_id": "olga" if mine else "otto", "author_name": "Name"}
        place = {"workspace_id": 1, "position": position, "conversation_no": of, "seq": position}
        connection.execute(insert(entry).values(**place, **values, id=f"e{position}", at=0, kind="message", data="{}"))
    connection.execute(update(workspace).where(workspace.c.id == 1).values(position=ENTRIES))


MINE = [position for position in range(1, ENTRIES + 1) if position % 3 == 0 or position > ENTRIES - 5]


def all_pages(connection: Connection, operator: str, most: int) -> list[list[int]]:
    """Return the positions of each page."""
    pages: list[list[int]] = []
    after: int | None = 0
    while after is not None:
        rows, after = written_entries(
            connection, 1, operator, after, columns=[entry.c.position, CONVERSATION], most=most
        )
        assert {row.conversation for row in rows} <= {CONVERSATION_ID}
        pages.append([row.position for row in rows])
    return pages


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_each_entry_is_found_once_in_bounded_pages(any_url: str, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(operator_entries, "WINDOW", WINDOW)
    write_once(any_url, put_in)
    pages = write_once(any_url, lambda connection: all_pages(connection, "olga", most))
    assert [position for page in pages for position in page] == MINE
    assert max(len(page) for page in pages) <= min(most, WINDOW)
    assert write_once(any_url, lambda connection: all_pages(connection, "nobody", most)) == [[]] * 5


def test_further_conditions_apply(any_url: str) -> None:
    write_once(any_url, put_in)

    def named(connection: Connection) -> list[int]:
        connection.execute(update(entry).where(entry.c.position < 10).values(author_name=""))
        condition = entry.c.author_name != ""
        rows, after = written_entries(connection, 1, "olga", 0, condition, columns=[entry.c.position], most=100)
        assert after is None
        return [row.position for row in rows]

    assert write_once(any_url, named) == [position for position in MINE if position >= 10]
