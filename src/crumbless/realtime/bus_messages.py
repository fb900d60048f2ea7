"""The messages between nodes: JSON envelopes, each with a batch of messages.

A node ignores messages of another version. No data is lost: it reads entries and changes of sessions from the database
(subscriptions.py, session_poll.py).
"""

from collections.abc import Iterator, Sequence

import msgspec

from crumbless.ledger.entry import Appended, NewEntry
from crumbless.protocol.timeline import Side
from crumbless.security.access import Role

VERSION = 3


class EntryMessage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A committed entry."""

    entry: NewEntry
    seq: int
    visitor_seq: int | None
    position: int
    site: int
    team: str | None


class _Message(msgspec.Struct, frozen=True, tag_field="kind", omit_defaults=True):
    """A message in an envelope."""


class EntriesMessage(_Message, frozen=True, tag="entries"):
    """The workspace is at `position`. `entries` are the newest, unless they are too large or too many to be sent."""

    workspace: int
    position: int
    entries: list[EntryMessage] = []


class TypingMessage(_Message, frozen=True, tag="typing"):
    """A participant types, or has stopped. Ephemeral."""

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
    """Sessions of these visitors can access more conversations now."""

    workspace: int
    visitors: list[str]


class PersonMessage(_Message, frozen=True, tag="person"):
    """An operator's role, name, teams, status, or list of sites and teams changed."""

    workspace: int
    operator: str


AnyMessage = EntriesMessage | TypingMessage | SeenMessage | SessionMessage | ReachTold | PersonMessage


class Envelope(msgspec.Struct, frozen=True):
    """The messages of one node, sent together."""

    v: int
    node: str
    told: list[AnyMessage]


class _EncodedEnvelope(msgspec.Struct, frozen=True):
    """An envelope whose messages are already encoded."""

    v: int
    node: str
    told: list[msgspec.Raw]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Envelope).decode


class InvalidMessage(Exception):
    """An envelope that is invalid or of another version."""


def read_envelope(payload: bytes | str) -> Envelope:
    """Return the envelope in a message.

    Raises:
        InvalidMessage: for any invalid input.
    """
    try:
        envelope = _decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise InvalidMessage from error
    if envelope.v != VERSION:
        raise InvalidMessage
    return envelope


def entries_message(workspace: int, appended: Sequence[Appended]) -> EntriesMessage:
    """Return the message about these committed entries (in position order, not empty)."""
    entries = [EntryMessage(one.entry, one.seq, one.visitor_seq, one.position, one.site, one.team) for one in appended]
    return EntriesMessage(workspace, appended[-1].position, entries)


def entries_of(message: EntriesMessage) -> list[Appended]:
    """Return the entries in the form that the feed takes."""
    return [
        Appended(one.entry, one.seq, one.visitor_seq, one.position, repeat=False, site=one.site, team=one.team)
        for one in message.entries
    ]


def write_envelopes(node: str, messages: Sequence[AnyMessage], most_bytes: int) -> list[bytes]:
    """Return envelopes with these messages, in order, each of at most `most_bytes` bytes.

    Entries are split over several envelopes if necessary. For an entry that fits into none, only its position is sent.
    """
    head = len(_encode(_EncodedEnvelope(VERSION, node, [])))
    room = most_bytes - head
    envelopes: list[bytes] = []
    parts: list[msgspec.Raw] = []
    size = 0
    for part in _parts(messages, room):
        if parts and size + len(part) > room:
            envelopes.append(_encode(_EncodedEnvelope(VERSION, node, parts)))
            parts, size = [], 0
        parts.append(msgspec.Raw(part))
        size += len(part) + 1
    if parts:
        envelopes.append(_encode(_EncodedEnvelope(VERSION, node, parts)))
    return envelopes


def _parts(messages: Sequence[AnyMessage], room: int) -> Iterator[bytes]:
    for one in messages:
        part = _encode(one)
        if len(part) <= room:
            yield part
        elif isinstance(one, EntriesMessage):
            yield from _split(one, room)


def _split(message: EntriesMessage, room: int) -> Iterator[bytes]:
    """Yield the encoded message in halves, recursively, until each part fits."""
    if len(message.entries) < 2:
        yield _encode(EntriesMessage(message.workspace, message.position))
        return
    middle = len(message.entries) // 2
    for half in (message.entries[:middle], message.entries[middle:]):
        yield from _parts([EntriesMessage(message.workspace, half[-1].position, half)], room)
