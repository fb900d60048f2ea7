"""Closes a conversation: an entry in its timeline, which determines the status."""

from crumbless.core.ids import now_ms
from crumbless.ledger.entry import NewEntry
from crumbless.protocol.frames import Close
from crumbless.security.access import Session


def close_conversation(actor: Session, frame: Close) -> NewEntry:
    """Return the entry `closed`."""
    return NewEntry(
        actor.workspace, frame.conversation, frame.id, now_ms(), "closed", "operator", actor.subject, actor.name
    )
