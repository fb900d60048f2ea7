"""Background jobs: their kinds, leases, retries and failure."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from crumbless.core.errors import CrumblessError
from crumbless.core.time_units import DAY_MS, HOUR_MS, HOUR_SECONDS, MINUTE_MS
from crumbless.device_storage.storage_registry import Service

TaskKind = (
    Literal["mail", "file_removal", "retention", "reset", "attempts", "backup", "retention_run", "author_names"]
    | Service
)

EVENT_KINDS: frozenset[TaskKind] = frozenset(get_args(Service))
"""Events for vendors, one kind for each service."""

RECURRING: Mapping[TaskKind, int] = {"retention": -1, "backup": -2, "retention_run": -3}
"""Jobs that recur indefinitely. Each kind is one row with a fixed ID, so that several nodes add it only once."""

INTERVAL_MS: Mapping[TaskKind, int] = {"retention": HOUR_MS, "backup": DAY_MS, "retention_run": DAY_MS}
"""The interval of each recurring kind."""

LEASE_MS = MINUTE_MS
"""A node that claimed a task and does not report again loses it after this time."""

DEADLINE_SECONDS = 40.0
"""Longest time of one attempt: well within the lease, so that two nodes never run the same task."""

LONG_SECONDS: Mapping[TaskKind, float] = dict.fromkeys(("backup", "retention_run"), 6 * HOUR_SECONDS)
"""Kinds that may take longer than DEADLINE_SECONDS."""

MAX_ATTEMPTS = 8
"""After so many failures a task is marked as failed."""

MAX_AGE_MS: Mapping[TaskKind, int] = dict.fromkeys(EVENT_KINDS, 72 * HOUR_MS)
"""Kinds that are retried until they are this old, with any number of attempts. GA4 accepts events of the last 72
hours."""

FIRST_WAIT_MS = 10_000
LONGEST_WAIT_MS = HOUR_MS


class TaskFailed(CrumblessError):
    """A task could not be done. The message contains the reason, without personal data or a secret.

    Args:
        final: a retry will not help.
    """

    def __init__(self, message: str, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


@dataclass(frozen=True, slots=True)
class Task:
    """A task that the node `node` has claimed.

    `attempts` includes this one. `encrypted` can be decrypted only by the SecretBox. Tasks with the same `destination`
    can be sent together. `about`: the ID of the visitor or consent with which the task is deleted. `error` and
    `dead_at` (milliseconds): why and when it failed for good.
    """

    id: int
    workspace: int | None
    kind: TaskKind
    payload: Mapping[str, Any]
    encrypted: bytes | None
    attempts: int
    created_at: int
    destination: str = ""
    about: str = ""
    node: str = ""
    error: str = ""
    dead_at: int = 0


def lease_of(kind: TaskKind) -> int:
    """Return the lease of a task of this kind in milliseconds."""
    return int(LONG_SECONDS.get(kind, 0) * 1000) + LEASE_MS


def farthest_due(kind: TaskKind) -> int:
    """Return how many milliseconds ahead a task can be due. One that is due later was queued by a wrong clock."""
    longest = INTERVAL_MS.get(kind, LONGEST_WAIT_MS)
    return longest + longest // 5


def is_out_of_attempts(task: Task, confirmed: int, final: bool = False) -> bool:
    """Return whether a failed task must not be retried.

    Args:
        confirmed: the confirmed time (ids.confirmed_ms), so that a wrong clock fails no task.
        final: a retry will not help.
    """
    if task.kind in RECURRING:
        return False
    if task.kind in MAX_AGE_MS:
        return confirmed - task.created_at >= MAX_AGE_MS[task.kind]
    return final or task.attempts >= MAX_ATTEMPTS


def wait_after(attempts: int) -> int:
    """Return the milliseconds until the next attempt: doubling from 10 s to an hour, plus up to a fifth at random."""
    wait = min(FIRST_WAIT_MS << min(attempts - 1, 16), LONGEST_WAIT_MS)
    # Spreads the load; no secret depends on it.
    return wait + random.randrange(wait // 5)  # noqa: S311  # nosec B311
