"""What nodes say to each other: envelopes of JSON, a batch each.

A node whose version speaks differently is not understood, and nothing is lost by that: whatever matters is in the
database, where the others look (following.py, session_watch.py).
"""

from collections.abc import Iterator, Sequence

import msgspec

from crumbless.domain.access import Role
from crumbless.domain.entry import Appended, NewEntry
from crumbless.domain.wire_timeline import Side

VERSION = 3


class EntryMessage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry that was committed."""

    entry: NewEntry
    seq: int
    visitor_seq: int | None
    position: int
    site: int
    team: str | None


class _Message(msgspec.Struct, frozen=True, tag_field="kind", omit_defaults=True):
    """One thing that is told."""


class EntriesMessage(_Message, frozen=True, tag="entries"):
    """The workspace is at `position`; `entries` are the newest, unless they are too large or too many to be told."""

    workspace: int
    position: int
    entries: list[EntryMessage] = []


class TypingMessage(_Message, frozen=True, tag="typing"):
    """Somebody types, or has stopped. Ephemeral."""

    workspace: int
    conversation: str
    session: str
    role: Role
    subject: str
    name: str
    on: bool
    site: int
    team: str | None


class SeenMessage(_Message, frozen=True, tag="seen"):
    """One side of a conversation has read up to `seq`; `visitor_seq`: in the visitor's numbers, None if unchanged."""

    workspace: int
    conversation: str
    by: Side
    seq: int
    visitor_seq: int | None
    site: int
    team: str | None


class SessionMessage(_Message, frozen=True, tag="ended"):
    """A session was ended."""

    workspace: int
    session: str
    role: Role
    subject: str


class ReachTold(_Message, frozen=True, tag="reach"):
    """Sessions of these visitors reach more conversations now."""

    workspace: int
    visitors: list[str]


class PersonMessage(_Message, frozen=True, tag="person"):
    """An operator's role, name, teams, status, or list of sites and teams changed."""

    workspace: int
    operator: str


AnyMessage = EntriesMessage | TypingMessage | SeenMessage | SessionMessage | ReachTold | PersonMessage


class Envelope(msgspec.Struct, frozen=True):
    """What one node tells in one message."""

    v: int
    node: str
    told: list[AnyMessage]


class _Sealed(msgspec.Struct, frozen=True):
    """An envelope whose parts are encoded already."""

    v: int
    node: str
    told: list[msgspec.Raw]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Envelope).decode


class InvalidMessage(Exception):
    """An envelope of another version, or none at all."""


def read_envelope(payload: bytes | str) -> Envelope:
    """The envelope in a message.

    Raises:
        InvalidMessage: and nothing else.
    """
    try:
        envelope = _decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise InvalidMessage from error
    if envelope.v != VERSION:
        raise InvalidMessage
    return envelope


def entries_message(workspace: int, appended: Sequence[Appended]) -> EntriesMessage:
    """That these entries (in position order, not empty) were committed."""
    entries = [EntryMessage(one.entry, one.seq, one.visitor_seq, one.position, one.site, one.team) for one in appended]
    return EntriesMessage(workspace, appended[-1].position, entries)


def entries_of(told: EntriesMessage) -> list[Appended]:
    """What was committed, as the feed takes it."""
    return [
        Appended(one.entry, one.seq, one.visitor_seq, one.position, repeat=False, site=one.site, team=one.team)
        for one in told.entries
    ]


def write_envelopes(node: str, told: Sequence[AnyMessage], most_bytes: int) -> list[bytes]:
    """Envelopes that carry these, in order, each of at most `most_bytes` bytes.

    Entries are spread over several where they must; of one that fits into none, only the position is told.
    """
    head = len(_encode(_Sealed(VERSION, node, [])))
    room = most_bytes - head
    envelopes: list[bytes] = []
    parts: list[msgspec.Raw] = []
    size = 0
    for part in _parts(told, room):
        if parts and size + len(part) > room:
            envelopes.append(_encode(_Sealed(VERSION, node, parts)))
            parts, size = [], 0
        parts.append(msgspec.Raw(part))
        size += len(part) + 1
    if parts:
        envelopes.append(_encode(_Sealed(VERSION, node, parts)))
    return envelopes


def _parts(told: Sequence[AnyMessage], room: int) -> Iterator[bytes]:
    for one in told:
        part = _encode(one)
        if len(part) <= room:
            yield part
        elif isinstance(one, EntriesMessage):
            yield from _spread(one, room)


def _spread(told: EntriesMessage, room: int) -> Iterator[bytes]:
    """Halves, and halves of those, until each fits."""
    if len(told.entries) < 2:
        yield _encode(EntriesMessage(told.workspace, told.position))
        return
    middle = len(told.entries) // 2
    for half in (told.entries[:middle], told.entries[middle:]):
        yield from _parts([EntriesMessage(told.workspace, half[-1].position, half)], room)
