"""Exports and erases the data that a site stores about a visitor."""

from collections.abc import AsyncIterator

import msgspec
from sqlalchemy import Connection

from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, now_ms
from crumbless.http.action_services import ActionServices
from crumbless.ledger.entry import entry_for_visitor, erasure
from crumbless.ledger.ledger_port import Erasure, ReaderPort
from crumbless.ledger.timeline_read import entries_for_visitor
from crumbless.security.access import Session, require
from crumbless.visitors.contact_store import conversations_of
from crumbless.visitors.privacy_wire import ErasedResponse, ExportedConversation, VisitorExport
from crumbless.visitors.visitor_erase import empty_conversations, forget_visitor
from crumbless.visitors.visitor_reach import reach_of
from crumbless.visitors.visitor_record import VisitorRecord, find_visitor_record

EXPORT_PAGE = 500
"""Entries read and encoded at a time: some milliseconds of a reader thread, less than one of the event loop."""

_encode = msgspec.json.Encoder().encode


async def erase_own(services: ActionServices, actor: Session) -> ErasedResponse:
    """Erase the conversations that the session reaches, and all data that identifies the visitor.

    server_data.toml declares the effect on each column of the database.

    The session reaches all conversations of the visitor. If the site verified the visitor in this session, it also
    reaches those of the contact's other devices.

    The erasure is one transaction. Messages that were acknowledged before are erased, and later ones are refused. The
    entry `erased` informs operators. It is the last entry of each conversation.

    Raises:
        ApiError: `forbidden` for an operator; `invalid_token` if the visitor has erased on another device; `busy`.
    """
    require(actor, "erase_own")

    def erase(connection: Connection) -> Erasure[ErasedResponse]:
        reach = reach_of(connection, actor.id)
        conversations = conversations_of(connection, reach.visitors)
        messages = empty_conversations(connection, actor.workspace, conversations)
        for one in reach.visitors:
            forget_visitor(connection, one)
        return Erasure(
            ErasedResponse(len(conversations), messages),
            [erasure(actor.workspace, conversation, new_id(), now_ms()) for conversation in conversations],
        )

    return await services.erase(erase, actor.workspace)


async def export_own(services: ActionServices, actor: Session) -> AsyncIterator[bytes]:
    """Return a VisitorExport as JSON, in pieces. A long conversation neither fills the memory nor blocks the loop.

    It contains the conversations that the session reached when the export began. The session may end while it is sent.

    Raises:
        ApiError: `forbidden` for an operator, `invalid_token` if the session has ended. Both are raised before the
            first piece.
    """
    require(actor, "export_own")

    def read(connection: Connection) -> VisitorRecord | None:
        return find_visitor_record(connection, actor.workspace, actor.subject, reach_of(connection, actor.id))

    record = await services.read(read)
    if record is None:
        raise ApiError("invalid_token")
    return _pieces(actor, record, services.reader)


async def _pieces(actor: Session, record: VisitorRecord, reader: ReaderPort) -> AsyncIterator[bytes]:
    # Each value is encoded with an empty list. Its end, "[]}", is cut off, because the items follow.
    export = VisitorExport(now_ms(), record.site, record.visitor, record.sessions, record.bans, [])
    yield _encode(export)[:-2]
    for number, conversation in enumerate(record.conversations):
        yield (b"," if number else b"") + _encode(conversation)[:-2]
        async for piece in _entries(actor, conversation, record.last_seqs[number], reader):
            yield piece
        yield b"]}"
    yield b"]}"


async def _entries(
    actor: Session, conversation: ExportedConversation, last_seq: int, reader: ReaderPort
) -> AsyncIterator[bytes]:
    after = 0
    while after < last_seq:
        most = min(EXPORT_PAGE, last_seq - after)
        page = await reader.read(
            lambda connection, seq=after, most=most: entries_for_visitor(
                connection, actor.workspace, conversation.id, seq, most
            )
        )
        if not page:
            return
        encoded = _encode([*map(entry_for_visitor, page)])
        yield (b"," if after else b"") + encoded[1:-1]
        after = page[-1].visitor_seq or last_seq
