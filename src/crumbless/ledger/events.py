"""Domain events: notifications for other parts of the server, sent once a transaction is committed.

An event is published on the node that committed it, and by the bus on the others. It can be lost when a process is
killed between commit and publication. None of them is needed for correctness: each has a poll, or a check where it
matters. tests/flow/test_lost_events.py kills a server at exactly this point, for each kind of event.

Without the event:

- SessionEnded, OperatorChanged: the session poll of every node reads it within a second.
- MarkMoved: every node compares the marks of the workspaces that it follows, 100 of them each second in turn
  (realtime/mark_poll.py). Clients also receive them when they reconnect.
- ReachChanged: the session poll compares the reach of the sessions in use, 500 of them each second in turn.
- BansChanged: every node reads the bans again after a second.
- TasksWithdrawn: a batch in flight is sent. Tasks that wait were deleted in the transaction.
- TasksQueued: the task runners look for due tasks every few seconds.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from crumbless.protocol.frames import SeenNow
from crumbless.security.access import Session


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A session was ended: its token is invalid and its streams close."""

    session: Session


@dataclass(frozen=True, slots=True)
class OperatorChanged:
    """An operator's role, name, teams or status changed: their streams reconnect with the new rights."""

    workspace: int
    operator: str


@dataclass(frozen=True, slots=True)
class MarkMoved:
    """One side has read further in a conversation of this site and team.

    `visitor_seq`: in the visitor's numbers; None if nothing changed for the visitor.
    """

    workspace: int
    seen: SeenNow
    visitor_seq: int | None
    site: int
    team: str | None


@dataclass(frozen=True, slots=True)
class ReachChanged:
    """Sessions of these visitors can access another conversation."""

    workspace: int
    visitors: Sequence[str]


@dataclass(frozen=True, slots=True)
class BansChanged:
    """A ban was added or lifted."""


@dataclass(frozen=True, slots=True)
class TasksWithdrawn:
    """Tasks of these kinds about this visitor or consent were deleted: those in flight are cancelled."""

    kinds: Collection[str]
    about: str


@dataclass(frozen=True, slots=True)
class TasksQueued:
    """Tasks were added, or became due."""


DomainEvent = SessionEnded | OperatorChanged | MarkMoved | ReachChanged | BansChanged | TasksWithdrawn | TasksQueued
