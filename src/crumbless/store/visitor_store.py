"""What is kept about one visitor: read for an export, taken away by an erasure."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select, update

from crumbless.domain.wire import ExportedConversation, ExportedSite, ExportedVisitor
from crumbless.store.contact_store import contact_of_row, same_person
from crumbless.store.tables import conversation, entry, site, visitor
from crumbless.store.tables_people import contact


@dataclass(frozen=True, slots=True)
class VisitorRecord:
    """A visitor, their site, and their conversations without entries."""

    site: ExportedSite
    visitor: ExportedVisitor
    conversations: list[ExportedConversation]


def find_visitor_record(connection: Connection, workspace_id: int, visitor_id: str) -> VisitorRecord | None:
    """What an export begins with."""
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
        select(conversation)
        .where(conversation.c.visitor_id.in_(same_person(connection, visitor_id)))
        .order_by(conversation.c.no)
    )
    return VisitorRecord(
        ExportedSite(row.site_key, row.site_name),
        ExportedVisitor(row.id, row.name, row.created_at, contact_of_row(row)),
        [ExportedConversation(one.id, one.status, one.started_at, one.consent_chain or "", []) for one in own],
    )


def erase_conversations(connection: Connection, workspace_id: int, visitors: Sequence[str]) -> tuple[list[str], int]:
    """Empty every conversation of these visitors; their ids, and how many messages were in them.

    The rows stay, so that seqs and positions have no gap and an id that was used stays taken. In them stay the time and
    which side wrote.
    """
    rows = connection.execute(
        select(conversation.c.no, conversation.c.id)
        .where(conversation.c.visitor_id.in_(visitors))
        .order_by(conversation.c.no)
    ).all()
    inside = entry.c.conversation_no.in_([row.no for row in rows])
    messages = connection.execute(select(func.count()).where(inside, entry.c.kind == "message")).scalar_one()
    connection.execute(
        update(entry).where(inside).values(kind="erased", author_id="", author_name="", text="", event="")
    )
    connection.execute(
        update(conversation).where(conversation.c.no.in_([row.no for row in rows])).values(consent_chain=None)
    )
    return [row.id for row in rows], messages


def anonymise_visitor(connection: Connection, visitor_id: str) -> None:
    """Leave nothing in a visitor's row by which they could be known again."""
    nothing = {"thumbprint": None, "name": "", "email": "", "contact_id": None, "network_hash": None}
    connection.execute(update(visitor).where(visitor.c.id == visitor_id).values(nothing))
