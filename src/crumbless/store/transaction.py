"""The events of a transaction: published once it is committed, and never if it is not (domain/events.py).

The function that writes a fact adds its event too, so that no caller can forget it.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from crumbless.domain.events import DomainEvent
from crumbless.domain.transaction import Transaction


def after_commit(connection: Connection, event: DomainEvent) -> None:
    """Publish the event when the transaction of this connection is committed, as `Transaction.after_commit`."""
    Transaction(connection).after_commit(event)


def take_events(connection: Connection) -> Sequence[DomainEvent]:
    """Return the events that were added since the last call, and forget them."""
    return Transaction(connection).take_events()
