"""The state of sessions in the database, for nodes that cache them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionState:
    """`changed_at` is the operator's (see Session); 0 for visitors. `authenticated_at`: when a factor was last
    shown. `reach`: `reach_summary` of a visitor's session; None if it was not read."""

    ended: bool
    changed_at: int
    authenticated_at: int
    reach: tuple[str, int] | None = None


MOST_REMEMBERED = 100
"""Conversations that a session in memory knows of: the newest. Any other is looked up when a client names it."""


def reach_summary(newest: str, count: int) -> tuple[str, int]:
    """Return what to compare in order to see that a session reaches more conversations than before."""
    return newest, min(count, MOST_REMEMBERED)


@dataclass(frozen=True, slots=True)
class SessionChanges:
    """The result of a poll.

    It contains the states of the requested sessions (missing: the row was deleted) and the IDs of those that ended
    recently. `people` are (operator, changed_at) of the operators that changed recently.
    """

    states: Mapping[str, SessionState]
    ended: Sequence[str]
    people: Sequence[tuple[str, int]]
