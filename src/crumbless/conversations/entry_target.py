"""Finds the entry that a command names, such as an edited message, and checks the actor's rights to change it."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from crumbless.core.errors import ApiError
from crumbless.core.time_units import MINUTE_MS
from crumbless.ledger.tables import conversation, entry
from crumbless.protocol.timeline import Kind
from crumbless.security.access import Session
from crumbless.security.visibility import is_visible, visible

CHANGE_MS = 10 * MINUTE_MS
"""How long the sender may edit and delete a message. Later this needs the permission `moderate_messages`."""


def is_stored(connection: Connection, actor: Session, entry_id: str) -> bool:
    """Return whether an entry with this ID is stored: the command was sent again, and the ledger finds its outcome."""
    own = select(entry.c.position).where(entry.c.id == entry_id, entry.c.workspace_id == actor.workspace)
    return connection.execute(own).first() is not None


def find_place(connection: Connection, actor: Session, conversation_id: str) -> Any:
    """Return the row of a conversation that is to be changed.

    Raises:
        ApiError: `unknown_conversation`, also outside of the actor's scope; `erased`.
    """
    of_conversation = select(conversation).where(
        conversation.c.id == conversation_id, conversation.c.workspace_id == actor.workspace
    )
    row = connection.execute(of_conversation).first()
    if row is None or not is_visible(visible(actor), row.site_id, row.team_id):
        raise ApiError("unknown_conversation")
    if row.erased_at is not None:
        raise ApiError("erased")
    return row


def find_target(connection: Connection, actor: Session, conversation_id: str, target: str, kind: Kind) -> Any:
    """Return the row of an entry of this kind.

    Raises:
        ApiError: `unknown_conversation`, also outside of the actor's scope; `erased` for an erased conversation.
            `unknown_entry` if it has no such entry; `deleted` if the entry's content was deleted.
    """
    place = find_place(connection, actor, conversation_id)
    named = entry.c.conversation_no == place.no, entry.c.id == target, entry.c.kind == kind
    row = connection.execute(select(entry).where(*named)).first()
    if row is None:
        raise ApiError("unknown_entry")
    if row.data is None:
        raise ApiError("deleted")
    return row


def with_its_edits(row: Any) -> ColumnElement[bool]:
    """Return the condition for the rows of an entry and of all its edits."""
    if row.edit_id is None:
        return (entry.c.workspace_id == row.workspace_id) & (entry.c.position == row.position)
    edits = or_(entry.c.id == row.id, entry.c.id == row.edit_id, entry.c.edit_id == row.edit_id)
    return (entry.c.conversation_no == row.conversation_no) & edits


def is_own(actor: Session, row: Any) -> bool:
    """Return whether the actor is the author of the entry."""
    side = "visitor" if actor.role == "visitor" else "operator"
    return row.author_kind == side and row.author_id == actor.subject


def require_in_time(actor: Session, row: Any, now: int) -> None:
    """Raises ApiError `too_late` if the entry is too old to be changed without the permission to moderate."""
    if now - row.at > CHANGE_MS and not actor.may("moderate_messages"):
        raise ApiError("too_late")
