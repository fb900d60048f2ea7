"""What operators ask over HTTP: to sign in and out, for the inbox and for timelines."""

from typing import get_args

import msgspec
from litestar import Response
from sqlalchemy import Connection

from crumbless.api.request_read import (
    AnyRequest,
    platform_of,
    read_choice,
    read_number,
    read_operator,
)
from crumbless.domain.entry import entry_for_operators
from crumbless.domain.wire import TimelinePage
from crumbless.domain.wire_timeline import Status
from crumbless.errors import Refused
from crumbless.store.inbox_read import conversation_summary, inbox_page
from crumbless.store.people_store import find_operator
from crumbless.store.timeline_read import entries_before_seq

MAX_POSITION = 2**53
STATUSES: tuple[Status, ...] = get_args(Status)


async def get_me(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/me."""
    session = await read_operator(request)
    operator = await platform_of(request).reader.read(lambda connection: find_operator(connection, session.subject))
    if operator is None:
        raise Refused("invalid_token")
    return _json(operator)


async def get_conversations(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/conversations."""
    session = await read_operator(request)
    before = read_number(request, "before", 0, MAX_POSITION)
    limit = read_number(request, "limit", 1, 100) or 50
    status = read_choice(request, "status", STATUSES)
    waiting = read_number(request, "waiting", 1, 1) is not None
    read = platform_of(request).reader.read
    return _json(
        await read(lambda connection: inbox_page(connection, session.workspace, before, limit, status, waiting))
    )


async def get_conversation(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/conversations/ID."""
    session = await read_operator(request)
    conversation: str = request.path_params["conversation"]
    read = platform_of(request).reader.read
    found = await read(lambda connection: conversation_summary(connection, session.workspace, conversation))
    if found is None:
        raise Refused("not_found")
    return _json(found)


async def get_entries(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/conversations/ID/entries."""
    session = await read_operator(request)
    conversation: str = request.path_params["conversation"]
    before = read_number(request, "before", 0, MAX_POSITION)
    limit = read_number(request, "limit", 1, 200) or 100

    def read_page(connection: Connection) -> TimelinePage | None:
        summary = conversation_summary(connection, session.workspace, conversation)
        if summary is None:
            return None
        entries, more = entries_before_seq(connection, session.workspace, conversation, before, limit)
        told = [*map(entry_for_operators, entries)]
        return TimelinePage(summary, told, more)

    page = await platform_of(request).reader.read(read_page)
    if page is None:
        raise Refused("not_found")
    return _json(page)


def _json(answer: object) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), status_code=200, media_type="application/json")
