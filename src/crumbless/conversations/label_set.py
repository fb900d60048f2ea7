"""Adds single labels to a conversation, and removes them."""

from sqlalchemy import Connection, update

from crumbless.conversations.actor_entry import actor_entry
from crumbless.conversations.entry_target import find_place, is_stored
from crumbless.core.errors import ApiError
from crumbless.labels.label_store import find_label
from crumbless.ledger.entry import NewEntry
from crumbless.ledger.ledger_port import Operation
from crumbless.ledger.tables import conversation
from crumbless.protocol.frames import SetLabel
from crumbless.protocol.timeline import LabelData
from crumbless.security.access import Session

MOST_LABELS = 50
"""Labels of one conversation."""


def set_label(actor: Session, frame: SetLabel) -> NewEntry:
    """Return the change as an entry."""
    return actor_entry(actor, frame, "label", LabelData(frame.label, frame.on))


def before_label(actor: Session, frame: SetLabel) -> Operation[None]:
    """Return the operation that adds the label to the conversation, or removes it.

    It raises ApiError: see `find_place`; `unknown_label`; `unchanged`; `invalid` for too many labels. A label that was
    deleted can still be removed.
    """

    def store(connection: Connection) -> None:
        if is_stored(connection, actor, frame.id):
            return
        place = find_place(connection, actor, frame.conversation)
        labels: list[str] = place.labels
        if (frame.label in labels) == frame.on:
            raise ApiError("unchanged")
        if frame.on:
            _require_label(connection, actor, frame.label)
            if len(labels) >= MOST_LABELS:
                raise ApiError("invalid", f"A conversation has at most {MOST_LABELS} labels.")
        changed = [*labels, frame.label] if frame.on else [one for one in labels if one != frame.label]
        connection.execute(update(conversation).where(conversation.c.no == place.no).values(labels=changed))

    return store


def _require_label(connection: Connection, actor: Session, label_id: str) -> None:
    try:
        find_label(connection, actor.workspace, label_id)
    except ApiError:
        raise ApiError("unknown_label") from None
