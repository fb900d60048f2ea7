"""Adds a note: an entry for the team, which the visitor does not see and which has no `visitor_seq`."""

from sqlalchemy import Connection

from crumbless.conversations.actor_entry import actor_entry
from crumbless.conversations.entry_target import find_place, is_stored
from crumbless.conversations.operator_find import require_operators
from crumbless.ledger.entry import NewEntry
from crumbless.ledger.ledger_port import Operation
from crumbless.protocol.frames import Note
from crumbless.protocol.timeline import NoteData
from crumbless.security.access import Session


def add_note(actor: Session, frame: Note) -> NewEntry:
    """Return the note as an entry."""
    return actor_entry(actor, frame, "note", NoteData(frame.text, frame.mentions))


def before_note(actor: Session, frame: Note) -> Operation[None] | None:
    """Return the operation that checks the mentioned operators; None for a note without mentions.

    It raises ApiError: see `find_place`; `unknown_operator` if one is not active or does not see the conversation.
    """
    if not frame.mentions:
        return None

    def check(connection: Connection) -> None:
        if not is_stored(connection, actor, frame.id):
            place = find_place(connection, actor, frame.conversation)
            require_operators(connection, actor.workspace, frame.mentions, place.site_id, place.team_id)

    return check
