"""Commands: what a client may do over its stream, one row each.

A row names the frame, the permission, the rates that count it, the check of its content, and the function that does it.
The rules of the stream (stream_session.py) decode, check and limit by the rows; the stream runs what the row names.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

import msgspec

from crumbless.domain.access import Session, Verb
from crumbless.domain.entry import NewEntry
from crumbless.domain.limits import Rate
from crumbless.domain.ports import BusPort, LedgerPort, ReaderPort
from crumbless.domain.wire import Auth, ClientFrame, Ping

F = TypeVar("F", bound=ClientFrame)

Rates = Literal["frames", "messages"]
"""What a command counts against: the frames of its stream alone, or the messages among them as well."""


class CommandServices(Protocol):
    """What the function of a command may use (api/platform.py)."""

    @property
    def ledger(self) -> LedgerPort: ...

    @property
    def reader(self) -> ReaderPort: ...

    @property
    def bus(self) -> BusPort: ...


def unchecked(frame: F) -> F:
    """Return the frame: its types say all about it."""
    return frame


@dataclass(frozen=True, slots=True)
class EntryCommand(Generic[F]):
    """A command that appends one entry, acknowledged once it is on disk.

    `check` returns the frame as it is stored, or raises ApiError. `entry` makes the entry of it; no I/O, since messages
    come by the thousand. `limit`: how often each stream may send it, besides `rate`.
    """

    frame: type[F]
    permission: Verb
    entry: Callable[[Session, F], NewEntry]
    check: Callable[[F], F]
    rate: Rates = "messages"
    limit: Rate | None = None


@dataclass(frozen=True, slots=True)
class ActionCommand(Generic[F]):
    """A command that does anything else. It is not acknowledged; what it raises becomes an `error` frame.

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
        ValueError: when two rows have the same frame, or a frame has no conversation that it is about.
    """

    BUILT_IN: ClassVar[tuple[type[ClientFrame], ...]] = (Auth, Ping)
    """Frames that the stream itself answers."""

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
        """Return the row of a frame that `decode` returned. Raises KeyError for those that the stream answers."""
        return self._rows[type(frame)]

    @property
    def frames(self) -> set[type[ClientFrame]]:
        """The frames that have a row."""
        return {*self._rows}
