"""The interfaces to the ledger and to reads of the database, for packages that do not depend on an implementation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Connection

from crumbless.core.errors import ApiError
from crumbless.core.metrics import LedgerMetrics
from crumbless.ledger.entry import Appended, NewEntry
from crumbless.security.visibility import Scope

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Erasure(Generic[T]):
    """The outcome of an operation that erases data: its result, and the entries that record it."""

    result: T
    entries: Sequence[NewEntry]


Done = Callable[[Appended | ApiError], None]
Operation = Callable[[Connection], T]


class LedgerPort(Protocol):
    """Appends entries and runs all other writes (ledger/ledger.py)."""

    metrics: LedgerMetrics

    @property
    def waiting(self) -> int: ...

    @property
    def at_work(self) -> bool: ...

    @property
    def healthy(self) -> bool: ...

    def submit(
        self,
        entry: NewEntry,
        done: Done,
        scope: Scope | None,
        operation: Operation[object] | None = None,
        *,
        erases: bool = False,
    ) -> None: ...

    async def append(self, entry: NewEntry, operation: Operation[object] | None = None) -> Appended: ...

    async def write(self, operation: Operation[T], workspace: int | None = None) -> T: ...

    async def erase(self, operation: Operation[Erasure[T]], workspace: int | None = None) -> T: ...

    async def try_disk(self) -> None: ...


class ReaderPort(Protocol):
    """Runs reads without blocking the event loop (database/database.py)."""

    async def read(self, operation: Operation[T]) -> T: ...
