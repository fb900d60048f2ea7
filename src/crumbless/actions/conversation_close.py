"""Closes a conversation: an entry in its timeline, which determines the status."""

from crumbless.domain.access import Session
from crumbless.domain.entry import NewEntry
from crumbless.domain.wire import Close
from crumbless.ids import now_ms


def close_conversation(actor: Session, frame: Close) -> NewEntry:
    """Return the entry `closed`."""
    return NewEntry(
        actor.workspace, frame.conversation, frame.id, now_ms(), "closed", "operator", actor.subject, actor.name
    )
