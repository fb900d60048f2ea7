"""All ready streams of this process, by workspace (operators) or by conversation (visitors).

A visitor's stream serves one conversation. Changes in the visitor's other conversations are reported by `on_beside`,
which sends summaries (summaries.py).

A frame is encoded once for all listeners, and each listener gets one write for a whole batch.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

import msgspec

from crumbless.ledger.entry import Appended, entry_for_operators, entry_for_visitor
from crumbless.protocol.frames import DiskNow, Entries, SeenNow, ServerFrame, SummaryNow, TypingNow
from crumbless.protocol.timeline import Author, Side, VisitorSummary
from crumbless.realtime.node_state import DiskState
from crumbless.security.access import Session
from crumbless.security.visibility import Scope, visible

Key = TypeVar("Key")

SIDES: tuple[Side, ...] = ("visitor", "operator")

_encode = msgspec.json.Encoder().encode


class EncodedFrame:
    """A frame for many listeners: its text, and its bytes for one transport after the first listener has framed it."""

    __slots__ = ("framed", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.framed: bytes | None = None


class Listener(Protocol):
    """A ready stream."""

    @property
    def session(self) -> Session:
        """Return the stream's session."""
        ...

    @property
    def conversation(self) -> str:
        """Return the conversation that a visitor's stream serves; empty while it is unknown, and for operators."""
        ...

    def on_entries(self, appended: Sequence[Appended], frame: EncodedFrame) -> None:
        """Handle appended entries. `frame` is their encoding for this listener's side."""
        ...

    def push(self, frame: EncodedFrame) -> None:
        """Send a frame."""
        ...

    def end(self, code: int, reason: str) -> None:
        """Close the stream."""
        ...


def encode_frame(frame: ServerFrame) -> EncodedFrame:
    """Return the encoded frame."""
    return EncodedFrame(_encode(frame))


def encode_for_operators(appended: Sequence[Appended]) -> EncodedFrame:
    """Return an `entries` frame for operators."""
    return encode_frame(Entries([*map(entry_for_operators, appended)]))


def encode_for_visitor(appended: Sequence[Appended]) -> EncodedFrame:
    """Return an `entries` frame for the conversation's visitor."""
    return encode_frame(Entries([*map(entry_for_visitor, appended)]))


class Connections:
    """The listeners, and how to send to them. Used on the event loop only.

    They are stored in tuples. Nearly all of these contain one or two listeners, for which a set would take four times
    the memory. A change creates a new tuple, so an iteration is not disturbed.
    """

    def __init__(self) -> None:
        # Operators who see the whole workspace, and those who see a part of it, by their scope.
        self._operators: dict[int, tuple[Listener, ...]] = {}
        self._limited: dict[int, dict[Scope, tuple[Listener, ...]]] = {}
        # By the conversation that they serve, and by visitor.
        self._visitors: dict[str, tuple[Listener, ...]] = {}
        self._by_visitor: dict[str, tuple[Listener, ...]] = {}
        # Visitors' listeners by the conversations that they can access but do not serve; and the reverse.
        self._beside: dict[str, tuple[Listener, ...]] = {}
        self._watched: dict[Listener, tuple[str, ...]] = {}
        # The visitors' numbers of the newest marks that were sent to them, by conversation and side.
        self._marks: dict[tuple[str, Side], int] = {}
        self.on_beside: Callable[[str], None] = _ignore
        # The number of listeners in each workspace, of both kinds.
        self._in_workspace: Counter[int] = Counter()

    def add(self, listener: Listener) -> None:
        """Start sending to the listener what its session may see."""
        session = listener.session
        self._in_workspace[session.workspace] += 1
        if session.role == "visitor":
            self._by_visitor[session.subject] = (*self._by_visitor.get(session.subject, ()), listener)
            self._serve(listener)
        elif (scope := visible(session)) is not None:
            of_scope = self._limited.setdefault(session.workspace, {})
            of_scope[scope] = (*of_scope.get(scope, ()), listener)
        else:
            self._operators[session.workspace] = (*self._operators.get(session.workspace, ()), listener)

    def remove(self, listener: Listener) -> None:
        """Remove the listener. Does nothing if it was not added."""
        session = listener.session
        if session.role == "visitor":
            removed = _remove(self._by_visitor, session.subject, listener)
            self._leave(listener)
        elif (scope := visible(session)) is not None:
            of_scope = self._limited.get(session.workspace, {})
            removed = _remove(of_scope, scope, listener)
            if not of_scope:
                self._limited.pop(session.workspace, None)
        else:
            removed = _remove(self._operators, session.workspace, listener)
        if removed:
            self._in_workspace[session.workspace] -= 1
            if not self._in_workspace[session.workspace]:
                del self._in_workspace[session.workspace]

    def turn(self, listener: Listener, change: Callable[[], None]) -> None:
        """Run `change`, which changes what a visitor's listener serves or what its session can access."""
        self._leave(listener)
        change()
        self._serve(listener)

    def watched_by(self, listener: Listener) -> tuple[str, ...]:
        """Return the conversations that the listener's session can access and the listener does not serve."""
        return self._watched.get(listener, ())

    def _serve(self, listener: Listener) -> None:
        serves, reach = listener.conversation, listener.session.reach
        if serves:
            own = self._by_visitor[listener.session.subject]
            # Nearly all visitors have one stream, so both indexes share one tuple.
            before = self._visitors.get(serves, ())
            self._visitors[serves] = (*before, listener) if before or len(own) > 1 else own
        if len(reach) > 1:
            watched = self._watched[listener] = tuple(one for one in reach if one != serves)
            for one in watched:
                self._beside[one] = (*self._beside.get(one, ()), listener)

    def _leave(self, listener: Listener) -> None:
        _remove(self._visitors, listener.conversation, listener)
        if listener.conversation not in self._visitors:
            for side in SIDES:
                self._marks.pop((listener.conversation, side), None)
        for one in self._watched.pop(listener, ()):
            _remove(self._beside, one, listener)

    def listened_to(self, workspace: int) -> bool:
        """Return whether the workspace has any listener."""
        return workspace in self._in_workspace

    def count(self) -> tuple[int, int]:
        """Return the number of streams of operators and of visitors."""
        limited = sum(len(listeners) for of_scope in self._limited.values() for listeners in of_scope.values())
        return sum(map(len, self._operators.values())) + limited, sum(map(len, self._by_visitor.values()))

    def streams_of(self, session: Session) -> list[Listener]:
        """Return the session's streams."""
        beside = (
            self._by_visitor.get(session.subject, ())
            if session.role == "visitor"
            else self._operators_of(session.workspace)
        )
        return [listener for listener in beside if listener.session.id == session.id]

    def streams_of_visitors(self, visitors: Iterable[str]) -> list[Listener]:
        """Return the streams of these visitors."""
        return [listener for one in visitors for listener in self._by_visitor.get(one, ())]

    def deliver(self, workspace: int, appended: Sequence[Appended]) -> None:
        """Send a workspace's next entries, in position order, to all listeners that may see them."""
        if operators := self._operators.get(workspace):
            frame = encode_for_operators(appended)
            for listener in operators:
                listener.on_entries(appended, frame)
        if limited := self._limited.get(workspace):
            for scope, listeners in [*limited.items()]:
                if own := [one for one in appended if scope.contains(one.site, one.team)]:
                    frame = encode_for_operators(own)
                    for listener in listeners:
                        listener.on_entries(own, frame)
        for conversation, own in self._by_conversation(appended).items():
            frame = encode_for_visitor(own)
            for listener in self._visitors.get(conversation, ()):
                listener.on_entries(own, frame)

    def _by_conversation(self, appended: Sequence[Appended]) -> dict[str, list[Appended]]:
        """Return the entries whose visitor listens, without those that the visitor does not see."""
        found: dict[str, list[Appended]] = {}
        beside = self._beside
        for one in appended:
            conversation = one.entry.conversation
            if one.visitor_seq is None:
                continue
            if conversation in self._visitors:
                found.setdefault(conversation, []).append(one)
            if beside and conversation in beside:
                self.on_beside(conversation)
        return found

    def _operators_of(self, workspace: int) -> Iterator[Listener]:
        """Yield the listeners of all operators of the workspace."""
        yield from self._operators.get(workspace, ())
        for listeners in [*self._limited.get(workspace, {}).values()]:
            yield from listeners

    def _operators_who_see(self, workspace: int, site: int, team: str | None) -> Iterator[Listener]:
        """Yield the listeners of operators who see conversations of this site and team."""
        yield from self._operators.get(workspace, ())
        for scope, listeners in [*self._limited.get(workspace, {}).items()]:
            if scope.contains(site, team):
                yield from listeners

    def show_typing(self, actor: Session, conversation: str, on: bool, site: int, team: str | None) -> None:
        """Send the others in the conversation that `actor` is typing, or has stopped."""
        side = "visitor" if actor.role == "visitor" else "operator"
        to_operators = encode_frame(TypingNow(conversation, Author(side, actor.name, actor.subject), on))
        _push(self._operators_who_see(actor.workspace, site, team), to_operators, actor)
        if side == "operator":
            to_visitor = encode_frame(TypingNow(conversation, Author(side, actor.name), on))
            _push(self._visitors.get(conversation, ()), to_visitor, actor)

    def show_seen(self, workspace: int, seen: SeenNow, visitor_seq: int | None, site: int, team: str | None) -> None:
        """Send both sides how far one side has read, each in its own numbers (None: no change for the visitor)."""
        _push(self._operators_who_see(workspace, site, team), encode_frame(seen), None)
        visitors = self._visitors.get(seen.conversation)
        if visitor_seq is not None and visitors and self._moves(seen, visitor_seq):
            _push(visitors, encode_frame(SeenNow(seen.conversation, seen.by, visitor_seq)), None)
        if visitor_seq is not None and seen.by == "visitor" and seen.conversation in self._beside:
            self.on_beside(seen.conversation)

    def _moves(self, seen: SeenNow, visitor_seq: int) -> bool:
        """Return whether the visitor has not received this mark, and note that it is sent.

        A mark may come twice, by the bus and by the poll. The second would show the visitor that the operators' mark
        has moved over notes.
        """
        key = (seen.conversation, seen.by)
        if visitor_seq <= self._marks.get(key, 0):
            return False
        self._marks[key] = visitor_seq
        return True

    def show_summary(self, summary: VisitorSummary) -> None:
        """Send a conversation's summary to the visitor's streams that serve another one."""
        if listeners := self._beside.get(summary.id):
            _push(listeners, encode_frame(SummaryNow(summary)), None)

    def show_disk(self, state: DiskState) -> None:
        """Send the state of the server's disk to all operators who manage a workspace."""
        frame = encode_frame(DiskNow(state))
        for workspace in {*self._operators, *self._limited}:
            for listener in self._operators_of(workspace):
                if listener.session.may("manage_workspace"):
                    listener.push(frame)

    def end_session(self, session: Session) -> None:
        """Close all streams of a session that was ended."""
        for listener in self.streams_of(session):
            listener.session.ended = True
            listener.end(4401, "this session has ended")

    def sessions(self) -> Iterator[Session]:
        """The session of each ready stream."""
        for workspace in {*self._operators, *self._limited}:
            yield from (listener.session for listener in self._operators_of(workspace))
        for listeners in self._by_visitor.values():
            yield from (listener.session for listener in listeners)

    def disconnect_operator(self, workspace: int, operator_id: str, changed_at: int | None = None) -> None:
        """Close the operator's streams. They reconnect with the operator's new rights.

        Args:
            changed_at: streams that know this change already are not closed.
        """
        for listener in self._operators_of(workspace):
            if listener.session.subject == operator_id and listener.session.changed_at != changed_at:
                listener.session.ended = True
                listener.end(1012, "come back")


def _ignore(_conversation: str) -> None:
    """Do nothing, until summaries are sent."""


def _push(listeners: Iterable[Listener], frame: EncodedFrame, except_id: Session | None) -> None:
    for listener in listeners:
        if except_id is None or listener.session.id != except_id.id:
            listener.push(frame)


def _remove(index: dict[Key, tuple[Listener, ...]], key: Key, gone: Listener) -> bool:
    """Remove the listener. Return whether it was in the index."""
    before = index.get(key, ())
    left = tuple(listener for listener in before if listener is not gone)
    if left:
        index[key] = left
    else:
        index.pop(key, None)
    return len(left) < len(before)
