"""The events of a transaction: published once it is committed, and never if it is not (domain/events.py).

The function that writes a fact adds its event too, so that no caller can forget it.
"""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection

from crumbless.domain.events import DomainEvent

_EVENTS = "crumbless.events"


def after_commit(connection: Connection, event: DomainEvent) -> None:
    """Publish the event when the transaction of this connection is committed.

    In a command of `crumbless` nobody publishes it: the nodes learn of the change by their polls.
    """
    events: list[DomainEvent] = connection.info.setdefault(_EVENTS, [])
    events.append(event)


def take_events(connection: Connection) -> Sequence[DomainEvent]:
    """Return the events that were added since the last call, and forget them."""
    return cast("list[DomainEvent]", connection.info.pop(_EVENTS, ()))
