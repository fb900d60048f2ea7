"""An export contains the data that its session reached when it began, whatever changes while it is sent."""

import json
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from crumbless.core.errors import ApiError
from crumbless.database.database import write_once
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_sqlite import SqliteBatchWriter
from crumbless.realtime.session_store import add_session
from crumbless.security.access import Session
from crumbless.visitors.contact_store import end_sessions_before_link
from crumbless.visitors.visitor_privacy import EXPORT_PAGE, export_own
from support.action_services import make_services
from support.value_make import make_entry, make_session

T = TypeVar("T")


class Reader:
    """Reads the database of a test."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    async def read(self, operation: Callable[[Connection], T]) -> T:
        return write_once(self._url, operation)


def append(database_url: str, count: int) -> None:
    writer = SqliteBatchWriter(database_url)
    writer.commit([WriteRequest(make_entry(text="words"), None, lambda _outcome: None) for _ in range(count)])
    writer.close()


@pytest.fixture
def session(database_url: str) -> Session:
    """Store a session of visitor-1."""
    made = make_session()
    write_once(database_url, lambda connection: add_session(connection, made, b"0" * 32))
    return made


async def rest_of(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def test_entries_added_after_the_start_are_not_exported(database_url: str, session: Session) -> None:
    append(database_url, EXPORT_PAGE + 10)
    pieces = await export_own(make_services(None, Reader(database_url)), session)
    first = await anext(pieces)
    append(database_url, 5)
    (conversation,) = json.loads(first + await rest_of(pieces))["conversations"]
    assert [entry["seq"] for entry in conversation["entries"]] == [*range(1, EXPORT_PAGE + 11)]


async def test_session_that_ends_after_the_look_up_exports_nothing(database_url: str, session: Session) -> None:
    await export_own(make_services(None, Reader(database_url)), session)
    ended = write_once(database_url, lambda connection: end_sessions_before_link(connection, session.subject, None))
    assert [one.id for one in ended] == [session.id]
    with pytest.raises(ApiError, match="invalid_token"):
        await export_own(make_services(None, Reader(database_url)), session)
