"""The events of a transaction. They are published once it is committed, and never if it is not (ledger/events.py).

The function that writes a change also adds its event, so that no caller can forget it.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from crumbless.ledger.events import DomainEvent
from crumbless.ledger.transaction import Transaction


def after_commit(connection: Connection, event: DomainEvent) -> None:
    """Publish the event when the transaction of this connection is committed, as `Transaction.after_commit`.

    In a CLI command the event is not published. The nodes find the change by polling.
    """
    Transaction(connection).after_commit(event)


def take_events(connection: Connection) -> Sequence[DomainEvent]:
    """Remove and return the events that were added since the last call."""
    return Transaction(connection).take_events()
