"""Deletes data whose retention period has passed, in small batches so that chats are not delayed."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from crumbless.accounts.known_network_store import NETWORK_DAYS
from crumbless.accounts.one_time_token_store import remove_one_time_tokens
from crumbless.core.ids import now_ms
from crumbless.core.settings import RetentionSettings
from crumbless.core.time_units import DAY_MS, MINUTE_MS
from crumbless.ledger.ledger_port import LedgerPort
from crumbless.operations.clock_store import advance_witness
from crumbless.operations.retention_store import (
    empty_network_hashes,
    remove_dead_tasks,
    remove_ended_bans,
    remove_ended_sessions,
    remove_networks,
)
from crumbless.tasks.task import INTERVAL_MS, Task

BATCH = 200
"""Rows in one transaction, which occupies the only writer for some milliseconds."""

LONGEST_SECONDS = 20.0
"""Longest run, well within a task's deadline. The rest waits for the next run."""

VISITOR_NETWORK_DAYS = 1
"""How long a visitor's network hash is stored after the last start of a conversation."""

EVERY_MS = INTERVAL_MS["retention"]
SOON_MS = MINUTE_MS

log = logging.getLogger("crumbless.retention")


class Rule(NamedTuple):
    """A kind of rows and the days after which they are deleted."""

    name: str
    days: int
    remove: Callable[[Connection, int, int], int]


def rules_of(settings: RetentionSettings) -> Sequence[Rule]:
    """Return the rules of the settings."""
    return (
        Rule("ended sessions", settings.ended_session_days, remove_ended_sessions),
        Rule("networks of operators", NETWORK_DAYS, remove_networks),
        Rule("network hashes of visitors", VISITOR_NETWORK_DAYS, empty_network_hashes),
        Rule("bans that have ended", 0, remove_ended_bans),
        Rule("one-time tokens", settings.one_time_token_days, remove_one_time_tokens),
        Rule("failed jobs", settings.dead_task_days, remove_dead_tasks),
    )


class RetentionSweep:
    """Runs the task of the kind "retention", which repeats every hour."""

    def __init__(self, rules: Sequence[Rule], ledger: LedgerPort) -> None:
        self._rules = rules
        self._ledger = ledger
        self._reported = False

    async def __call__(self, _task: Task) -> int:
        """Delete expired rows and return when to run again, in milliseconds."""
        until = time.monotonic() + LONGEST_SECONDS
        now = await self._ledger.write(advance_witness)
        self._report_lag(now)
        for rule in self._rules:
            removed = await self._sweep(rule, now, until)
            if removed:
                log.info("removed %d %s older than %d days", removed, rule.name, rule.days)
        return now_ms() + (EVERY_MS if time.monotonic() < until else SOON_MS)

    def _report_lag(self, now: int) -> None:
        lag = now_ms() - now
        if lag > DAY_MS and not self._reported:
            log.warning(
                "the clock is %d days ahead of the time that was seen to pass. Deletions by age wait for the latter, "
                "which catches up within two weeks if the clock stays so",
                lag // DAY_MS,
            )
        self._reported = lag > DAY_MS

    async def _sweep(self, rule: Rule, now: int, until: float) -> int:
        before = now - rule.days * DAY_MS
        total = 0
        while time.monotonic() < until:
            removed = await self._ledger.write(lambda connection: rule.remove(connection, before, BATCH))
            total += removed
            if removed < BATCH:
                break
        return total
