"""The nightly run: deletes data whose retention period has passed, in bounded batches.

It is a recurring task of the outbox, so one node of a cluster runs it. It can be stopped between two transactions, and
the next run continues. Each batch checks its conditions again in its transaction, so a repeat deletes nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Table

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.audit_log.tables import audit_log
from crumbless.consent.tables import consent_receipt
from crumbless.core.ids import new_id, now_ms
from crumbless.core.metrics import RetentionMetrics
from crumbless.core.settings import RetentionSettings
from crumbless.ledger.entry import erasure
from crumbless.ledger.ledger_port import Erasure, LedgerPort, ReaderPort
from crumbless.operations.clock_store import advance_witness
from crumbless.operations.nightly_backup import next_time
from crumbless.retention.deletion_batch import receipt_of, run_batch
from crumbless.retention.deletion_store import (
    Counts,
    add_counts,
    finish_deletion,
    unfinished_deletion,
)
from crumbless.retention.expired_data import (
    Limits,
    delete_rows,
    find_audit_records,
    find_expired,
    find_receipts,
    limits_at,
    still_expired,
)
from crumbless.retention.planned_deletion_run import PlannedDeletionRun
from crumbless.retention.rule_store import live_workspaces, read_rules
from crumbless.tasks.task import Task
from crumbless.visitors.visitor_erase import expire_conversations


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """Runs tasks of the kind "retention_run"."""

    settings: RetentionSettings
    ledger: LedgerPort
    reader: ReaderPort
    metrics: RetentionMetrics

    async def __call__(self, _task: Task) -> int:
        """Delete expired data of all workspaces. Return when the next run is due (milliseconds)."""
        # Never later than the time that has really passed, so that a wrong clock deletes nothing.
        now = await self.ledger.write(advance_witness)
        for workspace in await self.reader.read(live_workspaces):
            await self.run_workspace(workspace, now)
        await PlannedDeletionRun(self.ledger, self.reader, self.metrics).run(now)
        self.metrics.runs += 1
        self.metrics.last_run_ms = now_ms()
        return next_time(self.settings.retention_time, now_ms())

    async def run_workspace(self, workspace: int, now: int) -> None:
        """Delete the expired data of one workspace, and record the numbers in a receipt and in the audit log."""

        def read(connection: Connection) -> Limits:
            return limits_at(connection, workspace, read_rules(connection, workspace), self.settings, now)

        limits = await self.reader.read(read)
        for site, before in limits.conversations:
            await self._expire_site(workspace, site, before)
        for site, before in limits.receipts:
            await self._delete_rows(
                workspace, "receipts", consent_receipt, partial(find_receipts, site_id=site, before=before)
            )
        old = partial(find_audit_records, workspace_id=workspace, before=limits.audit)
        await self._delete_rows(workspace, "audit_entries", audit_log, old)
        await self.ledger.write(lambda connection: _finish(connection, workspace))

    async def _expire_site(self, workspace: int, site: int, before: int) -> None:
        after = (0, 0)
        # Not a Periodic: it ends with the last expired conversation.
        while found := await self.reader.read(
            lambda connection, after=after: find_expired(connection, site, before, after)
        ):
            after = found[-1].place
            names = [one.id for one in found]

            def expire(connection: Connection, names: Sequence[str] = names) -> Erasure[Counts]:
                expired = still_expired(connection, site, before, names)
                if not expired:
                    return Erasure({}, [])
                emptied = expire_conversations(connection, workspace, expired)
                counts = {
                    "conversations": len(expired),
                    "messages": emptied.messages,
                    "contacts": emptied.contacts,
                }
                add_counts(connection, receipt_of(connection, workspace, "retention"), counts)
                now = now_ms()
                return Erasure(counts, [erasure(workspace, one, new_id(), now, "system") for one in expired])

            await run_batch(self.ledger, self.metrics, workspace, expire)

    async def _delete_rows(
        self, workspace: int, name: str, table: Table, find: Callable[[Connection], list[int]]
    ) -> None:
        # Found by the reader, because the search may read the whole table. No row becomes younger.
        while keys := await self.reader.read(find):

            def remove(connection: Connection, keys: Sequence[int] = keys) -> Erasure[Counts]:
                counts = {name: delete_rows(connection, table, keys)}
                add_counts(connection, receipt_of(connection, workspace, "retention"), counts)
                return Erasure(counts, [])

            await run_batch(self.ledger, self.metrics, workspace, remove)


def _finish(connection: Connection, workspace: int) -> None:
    receipt = unfinished_deletion(connection, workspace, "retention")
    if receipt is not None:
        counts = finish_deletion(connection, receipt).counts
        write_audit_log(
            connection,
            workspace,
            "retention_run",
            target_kind="deletion",
            target_id=receipt,
            details=counts,
        )
