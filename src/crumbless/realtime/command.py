"""The commands that a client may send over its stream, one table row each.

A row contains the frame, the permission, the rate limits, the check of the content, and the function that runs the
command. stream_protocol.py decodes, checks and limits frames by these rows. The stream runs the row's function.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

import msgspec

from crumbless.core.rate_limit import Rate
from crumbless.ledger.entry import NewEntry
from crumbless.ledger.ledger_port import LedgerPort, Operation, ReaderPort
from crumbless.protocol.frames import Auth, ClientFrame, Ping
from crumbless.realtime.bus_port import BusPort
from crumbless.security.access import Session, Verb

F = TypeVar("F", bound=ClientFrame)

Rates = Literal["frames", "messages"]
"""The rate limit of a command: that of all frames of its stream, or also that of messages."""


class CommandServices(Protocol):
    """The services that a command's function may use (http/services.py)."""

    @property
    def ledger(self) -> LedgerPort: ...

    @property
    def reader(self) -> ReaderPort: ...

    @property
    def bus(self) -> BusPort: ...


def unchecked(frame: F) -> F:
    """Return the frame unchanged, because its types already check everything."""
    return frame


@dataclass(frozen=True, slots=True)
class EntryCommand(Generic[F]):
    """A command that appends one entry and is acknowledged once the entry is on disk.

    `check` returns the frame as it is stored, or raises ApiError. `entry` creates the entry from it, without I/O,
    because there are thousands of messages. `limit`: how often each stream may send it, besides `rate`.

    `before`: returns an operation for the entry's transaction, which runs before it and may reject it; None if nothing
    has to be read or changed. `erases`: that operation deletes data and returns an Erasure.
    """

    frame: type[F]
    permission: Verb
    entry: Callable[[Session, F], NewEntry]
    check: Callable[[F], F]
    rate: Rates = "messages"
    limit: Rate | None = None
    before: Callable[[Session, F], Operation[object] | None] | None = None
    erases: bool = False


@dataclass(frozen=True, slots=True)
class ActionCommand(Generic[F]):
    """A command that does not append an entry. It is not acknowledged; its errors are sent as `error` frames.

    `limit`: how often each stream may send it, besides `rate`.
    """

    frame: type[F]
    permission: Verb
    run: Callable[[CommandServices, Session, F], Coroutine[Any, Any, None]]
    check: Callable[[F], F] = unchecked
    rate: Rates = "frames"
    limit: Rate | None = None


Command = EntryCommand[Any] | ActionCommand[Any]


class Commands:
    """The table of commands.

    Raises:
        ValueError: if two rows have the same frame, or a frame has no field `conversation`.
    """

    BUILT_IN: ClassVar[tuple[type[ClientFrame], ...]] = (Auth, Ping)
    """Frames that the stream itself handles."""

    def __init__(self, rows: Sequence[Command]) -> None:
        self._rows: dict[type[ClientFrame], Command] = {}
        for row in rows:
            if row.frame in self._rows:
                raise ValueError(f"{row.frame.__name__} has two rows")
            if "conversation" not in row.frame.__struct_fields__:
                raise ValueError(f"{row.frame.__name__} names no conversation")
            self._rows[row.frame] = row
        frames: Any = self.BUILT_IN[0]
        for frame in (*self.BUILT_IN[1:], *self._rows):
            frames = frames | frame
        self.decode: Callable[[bytes], ClientFrame] = msgspec.json.Decoder(frames).decode

    def of(self, frame: ClientFrame) -> Command:
        """Return the row of a frame that `decode` returned. Raises KeyError for frames that the stream handles."""
        return self._rows[type(frame)]

    @property
    def frames(self) -> set[type[ClientFrame]]:
        """Return the frames that have a row."""
        return {*self._rows}
