"""Sends a message to a conversation."""

from crumbless.core.ids import now_ms
from crumbless.ledger.entry import NewEntry, message_data
from crumbless.protocol.frames import Send
from crumbless.security.access import Session, require_conversation


def send_message(actor: Session, frame: Send) -> NewEntry:
    """Return the message as an entry of the actor's side. Raises ApiError `unknown_conversation`."""
    require_conversation(actor, frame.conversation)
    return NewEntry(
        actor.workspace,
        frame.conversation,
        frame.id,
        now_ms(),
        "message",
        "visitor" if actor.role == "visitor" else "operator",
        actor.subject,
        actor.name,
        message_data(frame.text),
    )
