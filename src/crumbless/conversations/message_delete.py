"""Deletes the content of a message or a note, and adds an entry that names it."""

from sqlalchemy import Connection, case, func, select, update

from crumbless.conversations.actor_entry import actor_entry
from crumbless.conversations.entry_target import find_target, is_own, is_stored, require_in_time, with_its_edits
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.ledger.entry import NewEntry
from crumbless.ledger.ledger_port import Erasure, Operation
from crumbless.ledger.tables import conversation, entry
from crumbless.protocol.frames import Delete, DeleteNote
from crumbless.protocol.timeline import DeletedData
from crumbless.security.access import Session, require_conversation

_NOTHING: Erasure[None] = Erasure(None, ())


def delete_message(actor: Session, frame: Delete | DeleteNote) -> NewEntry:
    """Return the entry that names the deleted one. Raises ApiError `unknown_conversation`."""
    require_conversation(actor, frame.conversation)
    kind = "deleted" if isinstance(frame, Delete) else "note_deleted"
    return actor_entry(actor, frame, kind, DeletedData(frame.entry))


def before_delete(actor: Session, frame: Delete | DeleteNote) -> Operation[Erasure[None]]:
    """Return the operation that empties the rows of the message and its edits, as an erasure does.

    It raises ApiError: see `find_target`; `forbidden` if the actor is neither the author nor may moderate; `too_late`.
    """

    def empty(connection: Connection) -> Erasure[None]:
        if is_stored(connection, actor, frame.id):
            return _NOTHING
        kind = "message" if isinstance(frame, Delete) else "note"
        row = find_target(connection, actor, frame.conversation, frame.entry, kind)
        if not is_own(actor, row) and not actor.may("moderate_messages"):
            raise ApiError("forbidden", "Only the author or an admin may delete a message.")
        require_in_time(actor, row, now_ms())
        author = case((entry.c.author_kind == "visitor", ""), else_=entry.c.author_id)
        connection.execute(
            update(entry).where(with_its_edits(row)).values(data=None, edit_id=None, author_name="", author_id=author)
        )
        if kind == "message" and row.author_kind == "visitor":
            _wait_without(connection, row.conversation_no)
        return _NOTHING

    return empty


def _wait_without(connection: Connection, conversation_no: int) -> None:
    """Set since when the visitor waits for a reply, by the messages that were not deleted."""
    of_conversation = entry.c.conversation_no == conversation_no
    ends = of_conversation & (
        ((entry.c.kind == "message") & (entry.c.author_kind != "visitor")) | (entry.c.kind == "closed")
    )
    replied = select(func.coalesce(func.max(entry.c.seq), 0)).where(ends).scalar_subquery()
    waiting = select(func.min(entry.c.at)).where(
        of_conversation,
        entry.c.kind == "message",
        entry.c.author_kind == "visitor",
        entry.c.data.is_not(None),
        entry.c.seq > replied,
    )
    connection.execute(
        update(conversation).where(conversation.c.no == conversation_no).values(waiting_since=waiting.scalar_subquery())
    )
