"""What the layers below app.py expect of one another, where they may not import one another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Connection

from crumbless.domain.access import Session
from crumbless.domain.entry import NewEntry
from crumbless.domain.wire import SeenNow
from crumbless.errors import Refused

T = TypeVar("T")


class Appended:
    """The ledger's word that an entry is on disk. `repeat`: it was there before under the same id."""

    __slots__ = ("entry", "position", "repeat", "seq")

    def __init__(self, entry: NewEntry, seq: int, position: int, repeat: bool) -> None:
        self.entry = entry
        self.seq = seq
        self.position = position
        self.repeat = repeat


@dataclass(frozen=True, slots=True)
class Erasure(Generic[T]):
    """What a work that erases has done: its result, and the entries that tell of it."""

    result: T
    entries: Sequence[NewEntry]


Done = Callable[[Appended | Refused], None]
Work = Callable[[Connection], T]


class LedgerPort(Protocol):
    """Where entries are appended and everything else is written (store/ledger.py)."""

    healthy: bool

    def submit(self, entry: NewEntry, done: Done) -> None: ...

    async def append(self, entry: NewEntry, work: Work[object] | None = None) -> Appended: ...

    async def write(self, work: Work[T]) -> T: ...

    async def erase(self, work: Work[Erasure[T]]) -> T: ...


class ReaderPort(Protocol):
    """Where reads run, off the loop (store/database.py)."""

    async def read(self, work: Work[T]) -> T: ...


class BusPort(Protocol):
    """Tells every node what happened beyond the ledger (live/bus_memory.py)."""

    def show_typing(self, by: Session, conversation: str, on: bool) -> None: ...

    def show_seen(self, workspace: int, seen: SeenNow) -> None: ...

    def end_session(self, session: Session) -> None: ...
