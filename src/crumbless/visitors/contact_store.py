"""Contacts: people whose identity a website has verified, on any number of devices, and their visitors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from crumbless.core.ids import new_id, now_ms
from crumbless.ledger.tables import conversation
from crumbless.protocol.timeline import Contact
from crumbless.realtime.session_store import end_sessions, read_sessions
from crumbless.realtime.tables import session, visitor
from crumbless.security.access import Session
from crumbless.sites.site_store import Site
from crumbless.visitors.identity_token import VisitorIdentity
from crumbless.visitors.tables import contact

VERIFIED = "email_verified"
"""Stored beside the website's attributes, which are nested, so that no attribute can have this name."""


@dataclass(frozen=True, slots=True)
class LinkedVisitor:
    """A visitor with the contact and the key that identify them."""

    id: str
    site_id: int
    contact: str | None
    thumbprint: str | None


def find_contact(connection: Connection, site_id: int, subject: str) -> str | None:
    """Return the ID of the site's contact with this subject."""
    return connection.execute(
        select(contact.c.id).where(contact.c.site_id == site_id, contact.c.subject == subject)
    ).scalar()


def store_contact(connection: Connection, of: Site, identity: VisitorIdentity) -> str:
    """Create the contact, or update it with the website's current data. Return its ID."""
    values = {
        "name": identity.name,
        "email": identity.email,
        "attributes": {VERIFIED: identity.email_verified, "own": identity.attributes},
    }
    row = connection.execute(
        select(contact).where(contact.c.site_id == of.id, contact.c.subject == identity.subject)
    ).first()
    now = now_ms()
    if row is None:
        contact_id = new_id()
        connection.execute(
            insert(contact).values(
                id=contact_id,
                workspace_id=of.workspace,
                site_id=of.id,
                subject=identity.subject,
                created_at=now,
                changed_at=now,
                **values,
            )
        )
        return contact_id
    if (row.name, row.email, row.attributes) != (values["name"], values["email"], values["attributes"]):
        connection.execute(update(contact).where(contact.c.id == row.id).values(changed_at=now, **values))
        _rename_visitors(connection, row.id, identity.name)
    return row.id


def contact_of_row(row: Row[tuple[object, ...]]) -> Contact | None:
    """Return the contact in a row with contact_id, contact_name, contact_email and contact_attributes."""
    values = row._mapping  # pyright: ignore[reportPrivateUsage] - its public name
    attributes = values["contact_attributes"]
    if values["contact_id"] is None or attributes is None:
        return None
    return Contact(values["contact_name"], values["contact_email"], attributes[VERIFIED], attributes["own"])


def contact_from(row: Any) -> Contact:
    """Return the contact in a row of its table."""
    return Contact(row.name, row.email, row.attributes[VERIFIED], row.attributes["own"])


def link_visitor(connection: Connection, of: LinkedVisitor, contact_id: str, name: str, thumbprint: str | None) -> None:
    """Link the visitor, with their conversations, to the contact.

    If `thumbprint` is given, it replaces the visitor's key. The key that began the conversation may be on another
    device, and could otherwise open a new session of the verified visitor.
    """
    key = of.thumbprint
    if thumbprint not in {None, key}:
        taken = select(visitor.c.id).where(visitor.c.site_id == of.site_id, visitor.c.thumbprint == thumbprint)
        key = None if connection.execute(taken).first() else thumbprint
    connection.execute(
        update(visitor).where(visitor.c.id == of.id).values(contact_id=contact_id, name=name, thumbprint=key)
    )


def find_linked_visitor(connection: Connection, visitor_id: str) -> LinkedVisitor | None:
    """Return the visitor with this ID."""
    row = connection.execute(select(visitor).where(visitor.c.id == visitor_id)).first()
    return None if row is None else LinkedVisitor(row.id, row.site_id, row.contact_id, row.thumbprint)


def conversations_of(connection: Connection, visitors: Sequence[str]) -> list[str]:
    """Return the IDs of all conversations of these visitors, oldest first."""
    query = select(conversation.c.id).where(conversation.c.visitor_id.in_(visitors)).order_by(conversation.c.no)
    return [*connection.execute(query).scalars()]


def visitors_of_contact(connection: Connection, visitor_id: str) -> list[str]:
    """Return the IDs of all visitors of the visitor's contact, or only this visitor's ID if there is no contact."""
    contact_id = select(visitor.c.contact_id).where(visitor.c.id == visitor_id).scalar_subquery()
    query = select(visitor.c.id).where(or_(visitor.c.id == visitor_id, visitor.c.contact_id == contact_id))
    return [*connection.execute(query).scalars()]


def mark_verified(connection: Connection, session_id: str) -> None:
    """Mark the session as one in which the site verified the visitor."""
    connection.execute(update(session).where(session.c.id == session_id).values(verified=1))


def end_sessions_before_link(connection: Connection, visitor_id: str, except_id: str | None) -> list[Session]:
    """End the sessions of a newly verified visitor except `except_id`. Return those that were active."""
    conditions = [session.c.visitor_id == visitor_id]
    if except_id is not None:
        conditions.append(session.c.id != except_id)
    return _end(connection, and_(*conditions))


def conversation_to_transfer(connection: Connection, contact_id: str) -> tuple[str, str] | None:
    """Return the contact's (visitor, conversation) to continue: the newest open conversation, else the newest."""
    row = connection.execute(
        select(conversation.c.visitor_id, conversation.c.id)
        .join(visitor, visitor.c.id == conversation.c.visitor_id)
        .where(visitor.c.contact_id == contact_id)
        .order_by(conversation.c.status == "closed", conversation.c.no.desc())
        .limit(1)
    ).first()
    return None if row is None else (row.visitor_id, row.id)


def remove_lone_contact(connection: Connection, contact_id: str) -> int:
    """Delete a contact that has no visitors left. Return the number of deleted contacts."""
    used = select(visitor.c.id).where(visitor.c.contact_id == contact_id).exists()
    return connection.execute(delete(contact).where(contact.c.id == contact_id, ~used)).rowcount


def end_unverified_sessions(connection: Connection, site_id: int) -> list[Session]:
    """End the sessions of the site's unverified visitors. Return those that were active."""
    return _end(connection, and_(visitor.c.site_id == site_id, visitor.c.contact_id.is_(None)))


def end_visitor_sessions(
    connection: Connection,
    workspace_id: int,
    *,
    visitor_id: str | None = None,
    thumbprint: str | None = None,
    contact_id: str | None = None,
) -> list[Session]:
    """End the sessions of all visitors that match any of the arguments. Return those that were active."""
    known = [
        column == value
        for column, value in (
            (visitor.c.id, visitor_id),
            (visitor.c.thumbprint, thumbprint),
            (session.c.thumbprint, thumbprint),
            (visitor.c.contact_id, contact_id),
        )
        if value is not None
    ]
    return _end(connection, and_(visitor.c.workspace_id == workspace_id, or_(*known)))


def _end(connection: Connection, condition: object) -> list[Session]:
    found = read_sessions(
        connection,
        session.c.visitor_id.is_not(None),
        session.c.ended_at.is_(None),
        condition,  # pyright: ignore[reportArgumentType]
    )
    end_sessions(connection, found)
    return found


def _rename_visitors(connection: Connection, contact_id: str, name: str) -> None:
    connection.execute(update(visitor).where(visitor.c.contact_id == contact_id).values(name=name))
