"""Edits a message or a note: an entry with the new text. The earlier texts remain for operators."""

from sqlalchemy import Connection, update

from crumbless.conversations.actor_entry import actor_entry
from crumbless.conversations.entry_target import find_target, is_own, is_stored, require_in_time, with_its_edits
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.ledger.entry import NewEntry
from crumbless.ledger.ledger_port import Operation
from crumbless.ledger.tables import entry
from crumbless.protocol.frames import Edit, EditNote
from crumbless.protocol.timeline import EditedData
from crumbless.security.access import Session, require_conversation


def edit_message(actor: Session, frame: Edit | EditNote) -> NewEntry:
    """Return the edit as an entry. Raises ApiError `unknown_conversation`."""
    require_conversation(actor, frame.conversation)
    kind = "edited" if isinstance(frame, Edit) else "note_edited"
    return actor_entry(actor, frame, kind, EditedData(frame.entry, frame.text))


def before_edit(actor: Session, frame: Edit | EditNote) -> Operation[None]:
    """Return the operation that names this edit as the newest one in the rows of the message and its earlier edits.

    It raises ApiError: see `find_target`; `forbidden` if the actor is not the author; `too_late`.
    """

    def supersede(connection: Connection) -> None:
        if is_stored(connection, actor, frame.id):
            return
        kind = "message" if isinstance(frame, Edit) else "note"
        row = find_target(connection, actor, frame.conversation, frame.entry, kind)
        if not is_own(actor, row):
            raise ApiError("forbidden", "Only the author may change a text.")
        require_in_time(actor, row, now_ms())
        connection.execute(update(entry).where(with_its_edits(row)).values(edit_id=frame.id))

    return supersede
