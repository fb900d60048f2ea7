"""Publishes domain events once their transaction is committed, and decides which part receives which event."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from crumbless.ledger.events import (
    BansChanged,
    DomainEvent,
    MarkMoved,
    OperatorChanged,
    ReachChanged,
    SessionEnded,
    TasksQueued,
    TasksWithdrawn,
)
from crumbless.realtime.bus_port import BusPort


class Tasks(Protocol):
    """The task runner's methods that events need."""

    def withdraw(self, kinds: Collection[str], about: str) -> None:
        """Cancel tasks in flight of these kinds about this visitor or consent, because they were deleted."""
        ...

    def wake(self) -> None:
        """Check for due tasks now."""
        ...


class EventPublisher:
    """Dispatches events. Called on the event loop with the events of one batch, in their order.

    Args:
        forget_bans: discards this node's cached bans.
    """

    def __init__(self, bus: BusPort, tasks: Tasks, forget_bans: Callable[[], None]) -> None:
        self._bus = bus
        self._tasks = tasks
        self._forget_bans = forget_bans

    def publish(self, events: Sequence[DomainEvent]) -> None:
        """Dispatch the events."""
        # Sessions first: the streams of an operator who was disabled close for good instead of reconnecting.
        for event in sorted(events, key=lambda one: not isinstance(one, SessionEnded)):
            match event:
                case SessionEnded(session):
                    self._bus.end_session(session)
                case OperatorChanged(workspace, operator):
                    self._bus.change_operator(workspace, operator)
                case MarkMoved(workspace, seen, visitor_seq, site, team):
                    self._bus.show_seen(workspace, seen, visitor_seq, site, team)
                case ReachChanged(workspace, visitors):
                    self._bus.change_reach(workspace, visitors)
                case TasksWithdrawn(kinds, about):
                    self._tasks.withdraw(kinds, about)
                case BansChanged():
                    self._forget_bans()
                case TasksQueued():
                    pass
        if any(isinstance(event, TasksQueued) for event in events):
            self._tasks.wake()
