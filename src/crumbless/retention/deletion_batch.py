"""Runs one bounded transaction of a deletion."""

import asyncio
import time

from sqlalchemy import Connection

from crumbless.core.metrics import RetentionMetrics
from crumbless.ledger.ledger_port import Erasure, LedgerPort, Operation
from crumbless.retention.deletion_store import Counts, begin_deletion, unfinished_deletion
from crumbless.retention.retention_wire import DeletionKind


async def run_batch(
    ledger: LedgerPort, metrics: RetentionMetrics, workspace: int, operation: Operation[Erasure[Counts]]
) -> Counts:
    """Run the operation and return its counts. Then wait as long as it took.

    So at most half of the writer's time goes to deletion, and messages are stored in between.
    """
    began = time.monotonic()
    counts = await ledger.erase(operation, workspace)
    metrics.add(counts)
    await asyncio.sleep(time.monotonic() - began)
    return counts


def receipt_of(connection: Connection, workspace: int, kind: DeletionKind) -> str:
    """Return the receipt of the deletion that runs. One that was interrupted continues with its receipt."""
    return unfinished_deletion(connection, workspace, kind) or begin_deletion(connection, workspace, kind)
