"""Visitors in the database, and the erasure of their data. visitor_record.py reads the data for an export."""

from collections.abc import Sequence

from sqlalchemy import (
    Connection,
    and_,
    case,
    func,
    insert,
    select,
    update,
)

from crumbless.core.ids import now_ms
from crumbless.ledger.tables import conversation, entry, site
from crumbless.realtime.tables import visitor
from crumbless.sites.site_store import Site


def erase_conversations(connection: Connection, workspace_id: int, conversations: Sequence[str]) -> int:
    """Erase the content of these conversations. Return the number of their messages.

    The rows remain, so that seqs and positions have no gap and used IDs stay reserved. retention/shell.py lists their
    columns.
    """
    own = and_(conversation.c.workspace_id == workspace_id, conversation.c.id.in_(conversations))
    numbers = [*connection.execute(select(conversation.c.no).where(own)).scalars()]
    inside = entry.c.conversation_no.in_(numbers)
    messages = connection.execute(select(func.count()).where(inside, entry.c.kind == "message")).scalar_one()
    author = case((entry.c.author_kind == "visitor", ""), else_=entry.c.author_id)
    connection.execute(update(entry).where(inside).values(author_id=author, author_name="", data=None, edit_id=None))
    connection.execute(
        update(conversation)
        .where(conversation.c.no.in_(numbers))
        .values(receipt_chain=None, snoozed_until=None, erased_at=func.coalesce(conversation.c.erased_at, now_ms()))
    )
    return messages


def receipt_chains_of(connection: Connection, conversations: Sequence[str]) -> list[str]:
    """Return the consents under which events of these conversations may be relayed."""
    inside = conversation.c.id.in_(conversations), conversation.c.receipt_chain.is_not(None)
    return [*connection.execute(select(conversation.c.receipt_chain).where(*inside).distinct()).scalars()]


def identifiers_of(connection: Connection, visitor_id: str) -> list[str]:
    """Return the values by which a ban can identify the visitor: ID, key and contact, as far as they are known."""
    columns = (visitor.c.id, visitor.c.thumbprint, visitor.c.contact_id)
    row = connection.execute(select(*columns).where(visitor.c.id == visitor_id)).first()
    return [] if row is None else [value for value in row if value]


def anonymise_visitor(connection: Connection, visitor_id: str) -> None:
    """Remove everything from a visitor's row by which the visitor could be recognised."""
    nothing = {"thumbprint": None, "name": "", "email": "", "contact_id": None}
    nothing |= {"network_hash": None, "network_seen_at": None}
    connection.execute(update(visitor).where(visitor.c.id == visitor_id).values(nothing))


def add_visitor(
    connection: Connection, of: Site, visitor_id: str, thumbprint: str | None, network: str | None = None
) -> None:
    """Add a visitor of the site, identified by a key (`thumbprint`). `network` is a keyed hash."""
    now = now_ms()
    connection.execute(
        insert(visitor).values(
            id=visitor_id,
            workspace_id=of.workspace,
            site_id=of.id,
            thumbprint=thumbprint,
            name="",
            network_hash=network,
            network_seen_at=None if network is None else now,
            created_at=now,
        )
    )


def note_visitor_network(connection: Connection, visitor_id: str, network: str) -> None:
    """Store the network from which the visitor last started a chat, as a keyed hash."""
    values = {"network_hash": network, "network_seen_at": now_ms()}
    connection.execute(update(visitor).where(visitor.c.id == visitor_id).values(values))


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
