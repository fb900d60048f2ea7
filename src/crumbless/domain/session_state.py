"""How sessions stand in the database, for nodes that remember them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionState:
    """`changed_at` is the operator's (see Session); 0 for visitors. `factor_at`: when a factor was last shown."""

    ended: bool
    changed_at: int
    factor_at: int


@dataclass(frozen=True, slots=True)
class SessionChanges:
    """What a look found: the states of the sessions that were asked for (none: the row is gone), the ids of those that
    ended lately, and (operator, changed_at) of the people who changed lately."""

    states: Mapping[str, SessionState]
    ended: Sequence[str]
    people: Sequence[tuple[str, int]]
