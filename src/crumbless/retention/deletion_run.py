"""Deletes a conversation or a person at once, each in one transaction with a receipt and an entry of the audit log."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.conversations.conversation_store import site_and_team_of
from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, now_ms
from crumbless.http.action_services import ActionServices
from crumbless.ledger.entry import NewEntry, erasure
from crumbless.ledger.ledger_port import Erasure
from crumbless.ledger.tables import conversation
from crumbless.people.actor_recheck import require_unchanged
from crumbless.retention.deletion_store import Counts, add_counts, begin_deletion, finish_deletion
from crumbless.retention.retention_wire import DeletionKind, DeletionReceipt
from crumbless.security.access import Session
from crumbless.security.visibility import visible
from crumbless.visitors.contact_store import visitors_of_contact
from crumbless.visitors.visitor_erase import expire_conversations, forget_visitor


async def delete_conversation(services: ActionServices, actor: Session, conversation_id: str) -> DeletionReceipt:
    """Empty one conversation. A visitor without another one is forgotten.

    Raises:
        ApiError: `forbidden`; `not_found`, also for one that the actor does not see; `erased`; `busy`.
    """

    def delete(connection: Connection) -> Erasure[DeletionReceipt]:
        require_unchanged(connection, actor)
        require_visible(connection, actor, conversation_id)
        if not _live(connection, [conversation.c.id == conversation_id]):
            raise ApiError("erased")
        emptied = expire_conversations(connection, actor.workspace, [conversation_id])
        counts = {"conversations": 1, "messages": emptied.messages, "contacts": emptied.contacts}
        return Erasure(
            note_deletion(connection, actor, "conversation", counts), _entries(actor.workspace, [conversation_id])
        )

    return await services.erase(delete, actor.workspace)


async def delete_visitor(services: ActionServices, actor: Session, conversation_id: str) -> DeletionReceipt:
    """Erase the person who wrote a conversation: all conversations of the visitor, or of the contact's visitors.

    Raises:
        ApiError: as `delete_conversation`.
    """

    def delete(connection: Connection) -> Erasure[DeletionReceipt]:
        require_unchanged(connection, actor)
        require_visible(connection, actor, conversation_id)
        query = select(conversation.c.visitor_id).where(conversation.c.id == conversation_id)
        visitors = visitors_of_contact(connection, connection.execute(query).scalar_one())
        conversations = _live(connection, [conversation.c.visitor_id.in_(visitors)])
        if not conversations:
            raise ApiError("erased")
        for one in conversations:
            require_visible(connection, actor, one)
        counts, entries = erase_visitors(connection, actor.workspace, visitors)
        return Erasure(note_deletion(connection, actor, "visitor", counts), entries)

    return await services.erase(delete, actor.workspace)


def require_visible(connection: Connection, actor: Session, conversation_id: str) -> None:
    """Raises ApiError `not_found` for a conversation that the actor does not see."""
    try:
        site_and_team_of(connection, actor.workspace, conversation_id, visible(actor))
    except ApiError:
        raise ApiError("not_found") from None


def erase_visitors(
    connection: Connection, workspace: int, visitors: Sequence[str]
) -> tuple[Counts, Sequence[NewEntry]]:
    """Empty all conversations of these visitors and forget them. Return the counts and the entries to append."""
    conversations = _live(connection, [conversation.c.visitor_id.in_(visitors)])
    emptied = expire_conversations(connection, workspace, conversations)
    # Those without a conversation, or with only erased ones.
    contacts = emptied.contacts + sum(forget_visitor(connection, one) for one in visitors)
    counts = {"conversations": len(conversations), "messages": emptied.messages, "contacts": contacts}
    return counts, _entries(workspace, conversations)


def note_deletion(connection: Connection, actor: Session, kind: DeletionKind, counts: Counts) -> DeletionReceipt:
    """Store and return the receipt of a completed deletion, and log it without names."""
    receipt_id = begin_deletion(connection, actor.workspace, kind, actor.subject)
    add_counts(connection, receipt_id, counts)
    action = "person_erased" if kind == "request" else f"{kind}_deleted"
    write_audit_log(connection, actor, action, target_kind="deletion", target_id=receipt_id, details=counts)
    return finish_deletion(connection, receipt_id)


def _live(connection: Connection, conditions: Sequence[object]) -> list[str]:
    query = select(conversation.c.id).where(conversation.c.erased_at.is_(None), *conditions)  # pyright: ignore[reportArgumentType]
    return [*connection.execute(query.order_by(conversation.c.no)).scalars()]


def _entries(workspace: int, conversations: Sequence[str]) -> list[NewEntry]:
    return [erasure(workspace, one, new_id(), now_ms(), "operator") for one in conversations]
