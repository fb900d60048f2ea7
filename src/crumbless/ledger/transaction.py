"""A transaction as an action gets it."""

from typing import cast

from sqlalchemy import Connection

from crumbless.ledger.events import DomainEvent

_EVENTS = "crumbless.events"


class Transaction:
    """A transaction of the database. `connection`: for the functions of `*_store.py`."""

    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def after_commit(self, event: DomainEvent) -> None:
        """Publish the event once the transaction is committed.

        In a command of `crumbless` nothing publishes it: the nodes find the change by their polls.
        """
        # At the connection, so that the functions of `*_store.py` can add events to the same list.
        events = cast("list[DomainEvent]", self.connection.info.setdefault(_EVENTS, []))
        events.append(event)

    def take_events(self) -> list[DomainEvent]:
        """Return the events that were added since the last call, and forget them."""
        return cast("list[DomainEvent]", self.connection.info.pop(_EVENTS, []))
