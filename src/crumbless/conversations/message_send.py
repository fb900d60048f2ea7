"""Sends a message to a conversation."""

from crumbless.core.ids import now_ms
from crumbless.ledger.entry import NewEntry, message_data
from crumbless.protocol.frames import Send
from crumbless.security.access import Session, require_conversation


def send_message(actor: Session, frame: Send) -> NewEntry:
    """Return the message as an entry of the actor's side. Raises ApiError `unknown_conversation`."""
    require_conversation(actor, frame.conversation)
    return NewEntry(
        workspace=actor.workspace,
        conversation=frame.conversation,
        id=frame.id,
        at=now_ms(),
        kind="message",
        author_kind="visitor" if actor.role == "visitor" else "operator",
        author_id=actor.subject,
        author_name=actor.name,
        data=message_data(frame.text),
    )
