"""One transaction of the ledger: its requests, and the steps that are the same on both databases."""

import contextvars
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from sqlalchemy import Connection

from crumbless.core.errors import ApiError
from crumbless.core.exhaustion import is_disk_failure
from crumbless.ledger.after_commit import take_events
from crumbless.ledger.entry import Appended, NewEntry
from crumbless.ledger.events import DomainEvent
from crumbless.ledger.ledger_port import Done, Erasure, Operation
from crumbless.ledger.ledger_sequence import BatchState, assign_sequence
from crumbless.ledger.reaction import Reaction
from crumbless.security.visibility import Scope


class WriteRequest:
    """One request to the writer: an operation, an entry, or both; then its outcome.

    `workspace`: the workspace that is written to, if known.
    `scope`: what the operator who sends the entry can see. None: no limit.
    `erases`: the operation removes earlier entries and returns an Erasure. Its entries become the requests in `made`.
    `events`: published once the transaction is committed.
    `trial`: checks that the disk has room for a batch of usual size.
    `context`: the context variables of the caller (log_lines.request_id).
    """

    __slots__ = (
        "context",
        "done",
        "entry",
        "erases",
        "events",
        "made",
        "operation",
        "outcome",
        "result",
        "scope",
        "trial",
        "workspace",
    )

    def __init__(
        self,
        entry: NewEntry | None,
        operation: Operation[object] | None,
        done: Callable[["WriteRequest"], None] | Done,
        workspace: int | None = None,
        scope: Scope | None = None,
    ) -> None:
        self.entry = entry
        self.scope = scope
        self.operation = operation
        self.context = None if operation is None else contextvars.copy_context()
        self.done = done
        self.workspace = workspace if entry is None else entry.workspace
        self.outcome: Appended | Exception | None = None
        self.result: object = None
        self.erases = False
        self.events: Sequence[DomainEvent] = ()
        self.trial = False
        self.made: list[WriteRequest] | None = None


class BatchWriter(Protocol):
    """Commits a batch in one transaction and sets the outcome of each request (ledger_sqlite.py, _postgres.py)."""

    def commit(self, batch: Sequence[WriteRequest]) -> None:
        """Raises the database's errors, and ApiError if it is unavailable. Nothing of the batch is stored then."""
        ...

    def close(self) -> None:
        """Close the connection. Called once, after the last commit."""
        ...


def ignore_outcome(_outcome: object) -> None:
    """Ignore the outcome of a request that is awaited in another way."""


def run_operation(connection: Connection, request: WriteRequest, append: Callable[[list[WriteRequest]], None]) -> None:
    """Run a request's operation inside a savepoint, then append its entry. An error fails the request, not the batch.

    A rejected entry undoes the operation, so that no conversation without an entry remains. A disk failure fails the
    whole batch: SQLite may have rolled back all of it, including the savepoint.
    """
    if request.operation is None or request.context is None:
        raise ValueError("the request has no operation")
    connection.exec_driver_sql("SAVEPOINT work")
    try:
        request.result = request.context.run(request.operation, connection)
        if request.entry is not None:
            append([request])
        if request.erases:
            _append_made(request, append)
        if isinstance(request.outcome, ApiError):
            connection.exec_driver_sql("ROLLBACK TO work")
    except Exception as error:
        if is_disk_failure(error):
            take_events(connection)
            raise
        connection.exec_driver_sql("ROLLBACK TO work")
        request.made = None
        if isinstance(error, ApiError) and request.entry is not None:
            error.entry_id = request.entry.id
        request.outcome = error
    events = take_events(connection)
    request.events = () if isinstance(request.outcome, Exception) else (*request.events, *events)
    connection.exec_driver_sql("RELEASE work")


def append_entries(
    connection: Connection,
    requests: Sequence[WriteRequest],
    look_up: Callable[[list[NewEntry]], BatchState],
    store: Callable[[list[object], BatchState], None],
    reactions: Sequence[Reaction],
) -> None:
    """Assign sequence numbers to the entry of each request, store it, and set the request's outcome.

    Args:
        look_up: returns the state that the entries continue from.
        store: stores the values of new rows, in the order of COLUMNS, and the new state.
        reactions: called with the new entries.
    """
    if not requests:
        return
    entries = [request.entry for request in requests if request.entry is not None]
    state = look_up(entries)
    values: list[object] = []
    for request, entry in zip(requests, entries, strict=True):
        request.outcome = assign_sequence(entry, state, values, request.scope)
    if not values:
        return
    store(values, state)
    new = [one.outcome for one in requests if type(one.outcome) is Appended and not one.outcome.repeat]
    for reaction in reactions:
        # Added to the first request, because requests without an operation collect no events.
        requests[0].events = (*requests[0].events, *reaction(connection, new, state.conversations))


def _append_made(request: WriteRequest, append: Callable[[list[WriteRequest]], None]) -> None:
    """Append the entries that record an erasure. A rejected entry undoes the erasure."""
    request.made = [
        WriteRequest(entry, None, ignore_outcome) for entry in cast(Erasure[object], request.result).entries
    ]
    append(request.made)
    for one in request.made:
        if isinstance(one.outcome, Exception):
            raise one.outcome
