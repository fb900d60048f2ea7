"""Empties the name of an operator who was made anonymous in the entries that the operator wrote, as a task.

It runs twice: at once, and again a minute later for entries that were on their way. The second run completes the
receipt. Each transaction is bounded, and a run that was interrupted is repeated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, update

from crumbless.core.ids import now_ms
from crumbless.core.metrics import RetentionMetrics
from crumbless.core.time_units import MINUTE_MS
from crumbless.ledger.ledger_port import Erasure, LedgerPort, ReaderPort
from crumbless.ledger.tables import entry
from crumbless.operator_data.operator_entries import written_entries
from crumbless.retention.deletion_batch import run_batch
from crumbless.retention.deletion_store import Counts, add_counts, finish_deletion
from crumbless.retention.expired_data import BATCH_ENTRIES
from crumbless.tasks.task import Task
from crumbless.tasks.task_store import add_task

NAMED = entry.c.author_name != ""


def queue_author_names(connection: Connection, workspace: int, operator_id: str, receipt: str) -> None:
    """Queue both runs."""
    first = {"operator": operator_id, "receipt": receipt, "last": False}
    add_task(connection, workspace, "author_names", first)
    add_task(connection, workspace, "author_names", first | {"last": True}, due_at=now_ms() + MINUTE_MS)


@dataclass(frozen=True, slots=True)
class AuthorNamesRun:
    """Runs tasks of the kind "author_names"."""

    ledger: LedgerPort
    reader: ReaderPort
    metrics: RetentionMetrics

    async def __call__(self, task: Task) -> None:
        """Empty the names. Raises LookupError for a task without a workspace."""
        if task.workspace is None:
            raise LookupError("an operator belongs to a workspace")
        workspace, receipt = task.workspace, str(task.payload["receipt"])
        operator_id, after = str(task.payload["operator"]), 0
        # Not a Periodic: it ends with the newest entry.
        while after is not None:
            found, after = await self.reader.read(
                lambda connection, after=after: written_entries(
                    connection, workspace, operator_id, after, NAMED, columns=[entry.c.position], most=BATCH_ENTRIES
                )
            )
            if found:
                await self._empty(workspace, receipt, [row.position for row in found])
        if task.payload["last"]:
            await self.ledger.write(lambda connection: finish_deletion(connection, receipt))

    async def _empty(self, workspace: int, receipt: str, positions: Sequence[int]) -> None:
        def empty(connection: Connection) -> Erasure[Counts]:
            chosen = entry.c.workspace_id == workspace, entry.c.position.in_(positions)
            connection.execute(update(entry).where(*chosen).values(author_name=""))
            counts = {"names": len(positions)}
            add_counts(connection, receipt, counts)
            return Erasure(counts, [])

        await run_batch(self.ledger, self.metrics, workspace, empty)
