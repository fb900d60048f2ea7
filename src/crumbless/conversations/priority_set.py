"""Sets the priority of a conversation."""

from collections.abc import Mapping

from sqlalchemy import Connection, update

from crumbless.conversations.actor_entry import actor_entry
from crumbless.conversations.entry_target import find_place, is_stored
from crumbless.ledger.entry import NewEntry
from crumbless.ledger.ledger_port import Operation
from crumbless.ledger.tables import conversation
from crumbless.protocol.frames import SetPriority
from crumbless.protocol.timeline import Priority, PriorityData
from crumbless.security.access import Session

PRIORITIES: Mapping[Priority, int] = {"low": -1, "normal": 0, "high": 1, "urgent": 2}
"""The numbers by which conversations are sorted."""


def set_priority(actor: Session, frame: SetPriority) -> NewEntry:
    """Return the change as an entry."""
    return actor_entry(actor, frame, "priority", PriorityData(frame.priority))


def before_priority(actor: Session, frame: SetPriority) -> Operation[None]:
    """Return the operation that stores the priority. It raises ApiError: see `find_place`."""

    def store(connection: Connection) -> None:
        if is_stored(connection, actor, frame.id):
            return
        place = find_place(connection, actor, frame.conversation)
        connection.execute(
            update(conversation).where(conversation.c.no == place.no).values(priority=PRIORITIES[frame.priority])
        )

    return store
