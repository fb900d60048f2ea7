"""The vendor events that follow from entries."""

from crumbless.consent.relay_port import EventName
from crumbless.ledger.entry import Appended


def event_name(one: Appended) -> EventName | None:
    """Return the vendor event for an entry, or None; most entries have no event."""
    entry = one.entry
    if entry.kind == "closed":
        return "chat_closed"
    if entry.kind != "message" or entry.author_kind != "visitor":
        return None
    return "chat_start" if one.visitor_seq == 1 else "chat_message_sent"
