"""Empties conversations to shells and forgets their visitors, for erasure by visitors, deletion and retention."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, exists, insert, select, update

from crumbless.accounts.one_time_token_store import delete_one_time_tokens
from crumbless.core.ids import new_id
from crumbless.ledger.after_commit import after_commit
from crumbless.ledger.events import ReachChanged
from crumbless.ledger.tables import conversation
from crumbless.realtime.session_store import remove_visitor_sessions
from crumbless.realtime.tables import visitor
from crumbless.tasks.task import EVENT_KINDS
from crumbless.tasks.task_store import delete_tasks
from crumbless.visitors.ban_store import remove_name_from_bans
from crumbless.visitors.contact_store import find_linked_visitor, remove_lone_contact
from crumbless.visitors.visitor_store import (
    anonymise_visitor,
    erase_conversations,
    identifiers_of,
    receipt_chains_of,
)


@dataclass(frozen=True, slots=True)
class Emptied:
    """The numbers of what was deleted with conversations."""

    messages: int
    contacts: int


def empty_conversations(connection: Connection, workspace_id: int, conversations: Sequence[str]) -> int:
    """Empty conversations to shells, and delete their links to other devices and their waiting events of vendors.

    Return the number of their messages.
    """
    for chain in receipt_chains_of(connection, conversations):
        delete_tasks(connection, EVENT_KINDS, about=chain)
    delete_one_time_tokens(connection, ("continue_code", "continue_link"), conversations)
    return erase_conversations(connection, workspace_id, conversations)


def forget_visitor(connection: Connection, visitor_id: str) -> int:
    """Delete everything that identifies a visitor. Return the number of deleted contacts: 0 or 1."""
    known = find_linked_visitor(connection, visitor_id)
    remove_visitor_sessions(connection, visitor_id)
    remove_name_from_bans(connection, identifiers_of(connection, visitor_id))
    anonymise_visitor(connection, visitor_id)
    delete_tasks(connection, ["mail"], about=visitor_id)
    return 0 if known is None or known.contact is None else remove_lone_contact(connection, known.contact)


def expire_conversations(connection: Connection, workspace_id: int, conversations: Sequence[str]) -> Emptied:
    """Empty conversations, although their visitors did not ask for it, and forget visitors who have no others.

    A visitor with other conversations keeps those, and the emptied ones no longer refer to the visitor. A contact
    without a conversation is deleted.
    """
    owners = connection.execute(
        select(conversation.c.id, visitor.c.id.label("visitor_id"), visitor.c.contact_id)
        .join(visitor, visitor.c.id == conversation.c.visitor_id)
        .where(conversation.c.workspace_id == workspace_id, conversation.c.id.in_(conversations))
        .order_by(conversation.c.no)
    ).all()
    messages = empty_conversations(connection, workspace_id, conversations)
    contacts = 0
    for one in owners:
        if _has_conversations(connection, one.visitor_id):
            _separate(connection, workspace_id, one.id, one.visitor_id)
        elif one.contact_id is not None and not _contact_has_conversations(connection, one.contact_id):
            for mate in connection.execute(select(visitor.c.id).where(visitor.c.contact_id == one.contact_id)).all():
                contacts += forget_visitor(connection, mate.id)
        else:
            contacts += forget_visitor(connection, one.visitor_id)
    return Emptied(messages, contacts)


def _has_conversations(connection: Connection, visitor_id: str) -> bool:
    mine = exists().where(conversation.c.visitor_id == visitor_id, conversation.c.erased_at.is_(None))
    return bool(connection.execute(select(mine)).scalar())


def _contact_has_conversations(connection: Connection, contact_id: str) -> bool:
    of_contact = select(visitor.c.id).where(visitor.c.contact_id == contact_id)
    theirs = exists().where(conversation.c.visitor_id.in_(of_contact), conversation.c.erased_at.is_(None))
    return bool(connection.execute(select(theirs)).scalar())


def _separate(connection: Connection, workspace_id: int, conversation_id: str, visitor_id: str) -> None:
    """Give an emptied conversation a visitor without data, so that it does not refer to the visitor who wrote it."""
    nobody = new_id()
    row = connection.execute(select(conversation).where(conversation.c.id == conversation_id)).one()
    values = {"id": nobody, "workspace_id": workspace_id, "site_id": row.site_id, "name": ""}
    connection.execute(insert(visitor).values(created_at=row.started_at, **values))
    connection.execute(update(conversation).where(conversation.c.id == conversation_id).values(visitor_id=nobody))
    after_commit(connection, ReachChanged(workspace_id, [visitor_id]))
