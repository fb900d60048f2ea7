"""Adds a note: an entry for the team, which the visitor does not see and which has no `visitor_seq`."""

from crumbless.core.ids import now_ms
from crumbless.ledger.entry import NewEntry, message_data
from crumbless.protocol.frames import Note
from crumbless.security.access import Session


def add_note(actor: Session, frame: Note) -> NewEntry:
    """Return the note as an entry."""
    return NewEntry(
        workspace=actor.workspace,
        conversation=frame.conversation,
        id=frame.id,
        at=now_ms(),
        kind="note",
        author_kind="operator",
        author_id=actor.subject,
        author_name=actor.name,
        data=message_data(frame.text),
    )
