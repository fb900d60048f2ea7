"""Exports conversations, persons, sites and a whole workspace as JSON lines, in bounded memory.

Each page is read in its own snapshot. Entries that arrive during the export may be missing. The export of a person is
what this person may receive: without notes and IDs of operators. The others contain everything that operators see.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.consent.tables import consent_receipt
from crumbless.http.action_services import ActionServices
from crumbless.ledger.entry import entry_for_operators, entry_for_visitor
from crumbless.ledger.tables import conversation, site
from crumbless.ledger.timeline_read import entries_before_seq, entries_for_visitor
from crumbless.ledger.transaction import Transaction
from crumbless.protocol.timeline import Entry
from crumbless.realtime.tables import operator, visitor
from crumbless.retention.export_lines import (
    ContactLine,
    ConversationLine,
    EntryLine,
    OperatorLine,
    ReceiptLine,
    SiteLine,
)
from crumbless.retention.export_pages import PAGE, LineWriter, pages
from crumbless.security.access import Session
from crumbless.visitors.contact_store import contact_from
from crumbless.visitors.tables import contact


def log_data_export(tx: Transaction, actor: Session, kind: str, name: str) -> None:
    """Log that data is exported. `name`: the ID of the thing, no personal data."""
    write_audit_log(tx.connection, actor, "data_exported", target_kind=kind, target_id=name)


class DataExport:
    """An export of a workspace's data. `for_person`: only what the person may receive."""

    def __init__(self, services: ActionServices, workspace: int, *, for_person: bool = False) -> None:
        self._services = services
        self._workspace = workspace
        self._for_person = for_person
        self._writer = LineWriter()

    async def conversation(self, conversation_id: str) -> AsyncIterator[bytes]:
        """Yield one conversation."""
        async for piece in self._conversations(conversation.c.id == conversation_id):
            yield piece
        yield self._writer.end()

    async def visitors(self, visitors: Sequence[str]) -> AsyncIterator[bytes]:
        """Yield the contacts and conversations of these visitors."""
        contacts = select(visitor.c.contact_id).where(visitor.c.id.in_(visitors))
        async for piece in self._contacts(contact.c.id.in_(contacts)):
            yield piece
        async for piece in self._conversations(conversation.c.visitor_id.in_(visitors)):
            yield piece
        yield self._writer.end()

    async def site(self, key: str) -> AsyncIterator[bytes]:
        """Yield one site with all its data."""
        async for piece in self._sites(site.c.key == key):
            yield piece
        yield self._writer.end()

    async def whole_workspace(self) -> AsyncIterator[bytes]:
        """Yield the operators, and all sites with their data. The audit log has a separate export."""
        async for page in pages(
            self._services, operator, operator.c.id, operator.c.workspace_id == self._workspace, ""
        ):
            yield self._writer.write(
                [OperatorLine(one.id, one.name, one.email, one.role, one.status, one.created_at) for one in page]
            )
        async for piece in self._sites(site.c.deleted_at.is_(None)):
            yield piece
        yield self._writer.end()

    async def _sites(self, chosen: ColumnElement[bool]) -> AsyncIterator[bytes]:
        mine = (site.c.workspace_id == self._workspace) & chosen
        async for page in pages(self._services, site, site.c.id, mine, 0):
            for one in page:
                yield self._writer.write([SiteLine(one.key, one.name, one.origins, one.created_at)])
                async for piece in self._contacts(contact.c.site_id == one.id):
                    yield piece
                async for piece in self._conversations(conversation.c.site_id == one.id):
                    yield piece
                async for piece in self._receipts(consent_receipt.c.site_id == one.id):
                    yield piece

    async def _contacts(self, chosen: ColumnElement[bool]) -> AsyncIterator[bytes]:
        async for page in pages(
            self._services, contact, contact.c.id, (contact.c.workspace_id == self._workspace) & chosen, ""
        ):
            yield self._writer.write([_contact_line(one) for one in page])

    async def _receipts(self, chosen: ColumnElement[bool]) -> AsyncIterator[bytes]:
        async for page in pages(self._services, consent_receipt, consent_receipt.c.no, chosen, 0):
            yield self._writer.write(
                [
                    ReceiptLine(
                        one.receipt, one.receipt_chain, bool(one.analytics), bool(one.marketing), one.services, one.at
                    )
                    for one in page
                ]
            )

    async def _conversations(self, chosen: ColumnElement[bool]) -> AsyncIterator[bytes]:
        mine = (conversation.c.workspace_id == self._workspace) & conversation.c.erased_at.is_(None) & chosen
        after = 0
        while page := await self._services.read(
            lambda connection, after=after: _conversation_page(connection, mine, after)
        ):
            for number, line, last_seq in page:
                after = number
                yield self._writer.write([line])
                async for piece in self._entries(line.id, last_seq):
                    yield piece

    async def _entries(self, conversation_id: str, last_seq: int) -> AsyncIterator[bytes]:
        after = 0
        while after < last_seq:
            page, after = await self._services.read(
                lambda connection, after=after: self._entry_page(connection, conversation_id, after)
            )
            if not page:
                return
            yield self._writer.write([EntryLine(one) for one in page])

    def _entry_page(self, connection: Connection, conversation_id: str, after: int) -> tuple[list[Entry], int]:
        """Return the next entries, and the number of the last one on the side that the export is for."""
        if self._for_person:
            found = entries_for_visitor(connection, self._workspace, conversation_id, after, PAGE)
            return [entry_for_visitor(one) for one in found], (found[-1].visitor_seq or 0) if found else after
        found, _ = entries_before_seq(connection, self._workspace, conversation_id, after + PAGE + 1, PAGE)
        new = [one for one in found if one.seq > after]
        return [entry_for_operators(one) for one in new], new[-1].seq if new else after


def _contact_line(row: Any) -> ContactLine:
    return ContactLine(row.id, row.subject, contact_from(row), row.created_at)


def _conversation_page(
    connection: Connection, chosen: ColumnElement[bool], after: int
) -> list[tuple[int, ConversationLine, int]]:
    rows = connection.execute(
        select(conversation, site.c.key, visitor.c.name, visitor.c.email, visitor.c.contact_id)
        .join(site, site.c.id == conversation.c.site_id)
        .join(visitor, visitor.c.id == conversation.c.visitor_id)
        .where(chosen, conversation.c.no > after)
        .order_by(conversation.c.no)
        .limit(PAGE)
    )
    return [
        (
            row.no,
            ConversationLine(
                id=row.id,
                number=row.number,
                site=row.key,
                visitor=row.visitor_id,
                visitor_name=row.name,
                visitor_email=row.email,
                contact=row.contact_id,
                status=row.status,
                started_at=row.started_at,
                consent=row.receipt_chain or "",
            ),
            row.last_seq,
        )
        for row in rows
    ]
