"""The stored data of one visitor: reads for an export, and erasure."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Connection,
    and_,
    func,
    insert,
    select,
    update,
)

from crumbless.core.ids import now_ms
from crumbless.ledger.conversation_status import status_for_visitor
from crumbless.ledger.tables import conversation, entry, site
from crumbless.realtime.tables import visitor
from crumbless.sites.site_store import Site
from crumbless.visitors.contact_store import contact_of_row
from crumbless.visitors.privacy_wire import ExportedConversation, ExportedSite, ExportedVisitor
from crumbless.visitors.tables import contact
from crumbless.visitors.visitor_reach import Reach


@dataclass(frozen=True, slots=True)
class VisitorRecord:
    """A visitor, their site, and their conversations without entries.

    `last_seqs`: the visitor's number of the last entry of each conversation.
    """

    site: ExportedSite
    visitor: ExportedVisitor
    conversations: list[ExportedConversation]
    last_seqs: list[int]


def find_visitor_record(
    connection: Connection, workspace_id: int, visitor_id: str, reach: Reach
) -> VisitorRecord | None:
    """Return the data that an export begins with. It contains the contact's data only in a verified session."""
    row = connection.execute(
        select(visitor, site.c.key.label("site_key"), site.c.name.label("site_name"))
        .add_columns(
            contact.c.name.label("contact_name"),
            contact.c.email.label("contact_email"),
            contact.c.attributes.label("contact_attributes"),
        )
        .join(site, site.c.id == visitor.c.site_id)
        .outerjoin(contact, contact.c.id == visitor.c.contact_id)
        .where(and_(visitor.c.workspace_id == workspace_id, visitor.c.id == visitor_id))
    ).first()
    if row is None:
        return None
    own = connection.execute(
        select(conversation).where(conversation.c.visitor_id.in_(reach.visitors)).order_by(conversation.c.no)
    ).all()
    verified_contact = contact_of_row(row) if reach.contact is not None else None
    return VisitorRecord(
        ExportedSite(row.site_key, row.site_name),
        ExportedVisitor(row.id, row.name, row.created_at, verified_contact),
        [
            ExportedConversation(one.id, status_for_visitor(one.status), one.started_at, one.receipt_chain or "", [])
            for one in own
        ],
        [one.last_visitor_seq for one in own],
    )


def erase_conversations(connection: Connection, workspace_id: int, conversations: Sequence[str]) -> int:
    """Erase the content of these conversations. Return the number of their messages.

    The rows remain, so that seqs and positions have no gap and used IDs stay reserved. They contain the time, the kind
    and the author's side.
    """
    own = and_(conversation.c.workspace_id == workspace_id, conversation.c.id.in_(conversations))
    numbers = [*connection.execute(select(conversation.c.no).where(own)).scalars()]
    inside = entry.c.conversation_no.in_(numbers)
    messages = connection.execute(select(func.count()).where(inside, entry.c.kind == "message")).scalar_one()
    connection.execute(update(entry).where(inside).values(author_id="", author_name="", data=None))
    connection.execute(update(conversation).where(conversation.c.no.in_(numbers)).values(receipt_chain=None))
    return messages


def anonymise_visitor(connection: Connection, visitor_id: str) -> None:
    """Remove everything from a visitor's row by which the visitor could be recognised."""
    nothing = {"thumbprint": None, "name": "", "email": "", "contact_id": None, "network_hash": None}
    connection.execute(update(visitor).where(visitor.c.id == visitor_id).values(nothing))


def add_visitor(
    connection: Connection, of: Site, visitor_id: str, thumbprint: str | None, network: str | None = None
) -> None:
    """Add a visitor of the site, identified by a key (`thumbprint`). `network` is a keyed hash."""
    connection.execute(
        insert(visitor).values(
            id=visitor_id,
            workspace_id=of.workspace,
            site_id=of.id,
            thumbprint=thumbprint,
            name="",
            network_hash=network,
            created_at=now_ms(),
        )
    )


def note_visitor_network(connection: Connection, visitor_id: str, network: str) -> None:
    """Store the network from which the visitor last started a chat, as a keyed hash."""
    connection.execute(update(visitor).where(visitor.c.id == visitor_id).values(network_hash=network))


def find_visitor(connection: Connection, of: Site, thumbprint: str) -> str | None:
    """Return the ID of the site's visitor with this key."""
    return connection.execute(
        select(visitor.c.id).where(and_(visitor.c.site_id == of.id, visitor.c.thumbprint == thumbprint))
    ).scalar()


def find_visitor_of(connection: Connection, conversation_id: str) -> str | None:
    """Return the conversation's visitor, or None if the conversation was erased."""
    row = connection.execute(select(conversation).where(conversation.c.id == conversation_id)).first()
    if row is None:
        return None
    last = and_(entry.c.conversation_no == row.no, entry.c.seq == row.last_seq)
    kind = connection.execute(select(entry.c.kind).where(last)).scalar()
    return None if kind == "erased" else row.visitor_id


def site_key_of_visitor(connection: Connection, visitor_id: str) -> str | None:
    """Return the public key of the visitor's site."""
    query = select(site.c.key).join(visitor, visitor.c.site_id == site.c.id)
    return connection.execute(query.where(visitor.c.id == visitor_id)).scalar()


def site_key_of(connection: Connection, conversation_id: str) -> str | None:
    """Return the public key of the conversation's site."""
    query = select(site.c.key).join(conversation, conversation.c.site_id == site.c.id)
    return connection.execute(query.where(conversation.c.id == conversation_id)).scalar()
