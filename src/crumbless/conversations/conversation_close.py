"""Closes a conversation: an entry in its timeline, which determines the status."""

from crumbless.core.ids import now_ms
from crumbless.ledger.entry import NewEntry
from crumbless.protocol.frames import Close
from crumbless.security.access import Session


def close_conversation(actor: Session, frame: Close) -> NewEntry:
    """Return the entry `closed`."""
    return NewEntry(
        workspace=actor.workspace,
        conversation=frame.conversation,
        id=frame.id,
        at=now_ms(),
        kind="closed",
        author_kind="operator",
        author_id=actor.subject,
        author_name=actor.name,
    )
