"""The inbox, timelines and the signed-in operator, over HTTP."""

from typing import Annotated

import msgspec
from sqlalchemy import Connection

from crumbless.accounts.operator_store import find_operator
from crumbless.conversations.conversation_wire import InboxPage, TimelinePage
from crumbless.conversations.inbox_read import conversation_summary, inbox_page
from crumbless.core.errors import ApiError
from crumbless.http.call import OperatorCall
from crumbless.ledger.entry import entry_for_operators
from crumbless.ledger.timeline_read import entries_before_seq
from crumbless.protocol.frames import ConversationSummary, Operator
from crumbless.protocol.timeline import Status
from crumbless.security.access import Session
from crumbless.security.visibility import visible

Position = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class InboxQuery(msgspec.Struct, frozen=True):
    """The requested page: the conversations below a position, newest first. `waiting`: those that need a reply."""

    before: Position | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    status: Status | None = None
    waiting: Annotated[int, msgspec.Meta(ge=1, le=1)] | None = None


class EntriesQuery(msgspec.Struct, frozen=True):
    """The requested page: the entries below a number."""

    before: Position | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 100


async def get_me(call: OperatorCall) -> Operator:
    """Return the operator who is signed in."""
    operator = await call.read(find_operator, call.session.subject)
    if operator is None:
        raise ApiError("invalid_token")
    return operator


async def get_conversations(call: OperatorCall, query: InboxQuery) -> InboxPage:
    """Return a page of the inbox."""
    waiting, scope = query.waiting == 1, visible(call.session)
    return await call.read(inbox_page, call.workspace, query.before, query.limit, query.status, waiting, scope=scope)


async def get_conversation(call: OperatorCall, conversation: str) -> ConversationSummary:
    """Return a conversation's row of the inbox."""
    found = await call.read(conversation_summary, call.workspace, conversation, visible(call.session))
    if found is None:
        raise ApiError("not_found")
    return found


async def get_entries(call: OperatorCall, conversation: str, query: EntriesQuery) -> TimelinePage:
    """Return a page of a conversation's timeline."""
    return await call.read(_read_page, call.session, conversation, query)


def _read_page(connection: Connection, actor: Session, conversation: str, query: EntriesQuery) -> TimelinePage:
    summary = conversation_summary(connection, actor.workspace, conversation, visible(actor))
    if summary is None:
        raise ApiError("not_found")
    entries, more = entries_before_seq(connection, actor.workspace, conversation, query.before, query.limit)
    return TimelinePage(summary, [*map(entry_for_operators, entries)], more)
