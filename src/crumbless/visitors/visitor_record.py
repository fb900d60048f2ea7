"""Reads the stored data of one visitor for an export. server_data.toml declares which columns it contains."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from crumbless.core.ids import confirmed_ms
from crumbless.ledger.conversation_status import status_for_visitor
from crumbless.ledger.tables import conversation, site
from crumbless.realtime.tables import session, visitor
from crumbless.visitors.contact_store import VERIFIED
from crumbless.visitors.privacy_wire import (
    ExportedBan,
    ExportedContact,
    ExportedConversation,
    ExportedSession,
    ExportedSite,
    ExportedVisitor,
)
from crumbless.visitors.tables import ban, contact
from crumbless.visitors.visitor_reach import Reach


@dataclass(frozen=True, slots=True)
class VisitorRecord:
    """A visitor, their site, sessions and bans, and their conversations without entries.

    `last_seqs`: the visitor's number of the last entry of each conversation.
    """

    site: ExportedSite
    visitor: ExportedVisitor
    sessions: list[ExportedSession]
    bans: list[ExportedBan]
    conversations: list[ExportedConversation]
    last_seqs: list[int]


def find_visitor_record(
    connection: Connection, workspace_id: int, visitor_id: str, reach: Reach
) -> VisitorRecord | None:
    """Return the data that an export begins with. It contains the contact's data only in a verified session."""
    row = connection.execute(
        select(visitor, site.c.key.label("site_key"), site.c.name.label("site_name"))
        .join(site, site.c.id == visitor.c.site_id)
        .where(visitor.c.workspace_id == workspace_id, visitor.c.id == visitor_id)
    ).first()
    if row is None:
        return None
    own = connection.execute(
        select(conversation).where(conversation.c.visitor_id.in_(reach.visitors)).order_by(conversation.c.no)
    ).all()
    return VisitorRecord(
        ExportedSite(row.site_key, row.site_name),
        ExportedVisitor(
            id=row.id,
            name=row.name,
            email=row.email,
            key=row.thumbprint,
            network_hash=row.network_hash,
            network_seen_at=row.network_seen_at,
            created_at=row.created_at,
            contact=None if reach.contact is None else _contact(connection, reach.contact),
        ),
        _sessions(connection, reach.visitors),
        _bans(connection, workspace_id, row, reach),
        [
            ExportedConversation(one.id, status_for_visitor(one.status), one.started_at, one.receipt_chain or "", [])
            for one in own
        ],
        [one.last_visitor_seq for one in own],
    )


def _contact(connection: Connection, contact_id: str) -> ExportedContact | None:
    row = connection.execute(select(contact).where(contact.c.id == contact_id)).first()
    if row is None:
        return None
    return ExportedContact(
        subject=row.subject,
        name=row.name,
        email=row.email,
        email_verified=row.attributes[VERIFIED],
        attributes=row.attributes["own"],
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _sessions(connection: Connection, visitors: Sequence[str]) -> list[ExportedSession]:
    """Return the sessions of these visitors, oldest first, as long as they are stored."""
    rows = connection.execute(
        select(session).where(session.c.visitor_id.in_(visitors)).order_by(session.c.created_at, session.c.id)
    )
    return [
        ExportedSession(
            key=row.thumbprint,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_seen_at=row.last_seen_at,
            ended_at=row.ended_at,
            device=row.device,
            time_zone_name=row.time_zone_name,
            verified=bool(row.verified),
        )
        for row in rows
    ]


def _bans(connection: Connection, workspace_id: int, row: Row[Any], reach: Reach) -> list[ExportedBan]:
    """Return the bans in force that name the visitor, the contact of a verified session, the key or the network."""
    known = {one for one in (*reach.visitors, reach.contact, row.thumbprint, row.network_hash) if one}
    rows = connection.execute(
        select(ban)
        .where(ban.c.workspace_id == workspace_id, ban.c.value.in_(known))
        .where(ban.c.lifted_at.is_(None), ban.c.ends_at > confirmed_ms())
        .order_by(ban.c.created_at, ban.c.id)
    )
    return [ExportedBan(one.kind, one.created_at, one.ends_at) for one in rows]
