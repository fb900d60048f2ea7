"""The services for an action that does slow work before its transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from crumbless.ledger.entry import Appended, NewEntry
from crumbless.ledger.ledger_port import Erasure, LedgerPort, ReaderPort
from crumbless.security.encryption import SecretBox

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ActionServices:
    """The database, for an action that has more than one transaction or does slow work before it.

    An action that needs neither is a function of a transaction (`Call.write` runs it). A subject's own services are
    further arguments.
    """

    ledger: LedgerPort
    reader: ReaderPort
    secret_box: SecretBox

    async def read(self, find: Callable[[Connection], T]) -> T:
        """Return what `find` reads in one snapshot of the database."""
        return await self.reader.read(find)

    async def write(self, operation: Callable[[Connection], T]) -> T:
        """Return the result of the operation after the commit. Raises its exceptions, and ApiError `busy`."""
        return await self.ledger.write(operation)

    async def append(self, entry: NewEntry, operation: Callable[[Connection], object]) -> Appended:
        """Append the entry after the operation, in one transaction. Raises the same as `LedgerPort.append`."""
        return await self.ledger.append(entry, operation)

    async def erase(self, operation: Callable[[Connection], Erasure[T]], workspace: int) -> T:
        """Run an operation that erases data (see `LedgerPort.erase`)."""
        return await self.ledger.erase(operation, workspace)
