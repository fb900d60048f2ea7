"""The items of a conversation's timeline, as they are sent and stored.

Each kind of entry is one row of ENTRY_DATA: its name, and the struct of its content. Operators count all entries
(`seq`). A visitor counts only those of a kind in VISIBLE_KINDS. The visitor's numbers then have no gap and do not show
that there are others.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

MAX_TEXT = 8_000
"""Longest message, in Unicode code points."""

Kind = Literal[
    "message",
    "edited",
    "deleted",
    "reaction",
    "note",
    "note_edited",
    "note_deleted",
    "assigned",
    "label",
    "priority",
    "snoozed",
    "woken",
    "closed",
    "erased",
]
AuthorKind = Literal["visitor", "operator", "system", "rule", "api_key"]
Side = Literal["visitor", "operator"]
Status = Literal["open", "snoozed", "closed"]


ReactionName = Literal["like", "love", "laugh", "wow", "sad", "thanks"]
"""The reactions to a message. Clients show each as an emoji."""


class MessageData(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of a message. `quote`: the ID of the message that it answers, in the same conversation."""

    text: str
    quote: str = ""


class EditedData(msgspec.Struct, frozen=True):
    """The new text of a message or a note. `entry`: its ID."""

    entry: str
    text: str


class DeletedData(msgspec.Struct, frozen=True):
    """A message or a note was deleted. `entry`: its ID. Its own data and those of its edits are null."""

    entry: str


class ReactionData(msgspec.Struct, frozen=True):
    """The author has added (`on`) or removed a reaction to a message. `entry`: the ID of the message."""

    entry: str
    reaction: ReactionName
    on: bool


class NoteData(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of a note. The visitor never sees it. `mentions`: the IDs of operators whom it mentions."""

    text: str
    mentions: list[str] = []


Priority = Literal["low", "normal", "high", "urgent"]


class AssignedData(msgspec.Struct, frozen=True):
    """The operator and the team of the conversation from now on, by ID. Empty: none. Null: unchanged."""

    operator: str | None
    team: str | None


class LabelData(msgspec.Struct, frozen=True):
    """A label was added (`on`) or removed. `label`: its ID."""

    label: str
    on: bool


class PriorityData(msgspec.Struct, frozen=True):
    """The priority of the conversation from now on."""

    priority: Priority


class SnoozedData(msgspec.Struct, frozen=True):
    """The team has postponed the conversation: until this time, or until the visitor's next message (null)."""

    until: int | None


class WokenData(msgspec.Struct, frozen=True):
    """Empty: a snoozed conversation is open again. The author is an operator, or the system when the time has come."""


class ClosedData(msgspec.Struct, frozen=True):
    """Empty: the entry itself contains the author and time of the closing."""


class ErasedData(msgspec.Struct, frozen=True):
    """Empty: the conversation was erased, and this is its last entry. The author is the visitor, an operator, or the
    system if a retention rule applied."""


ENTRY_DATA: Mapping[Kind, type[msgspec.Struct]] = {
    "message": MessageData,
    "edited": EditedData,
    "deleted": DeletedData,
    "reaction": ReactionData,
    "note": NoteData,
    "note_edited": EditedData,
    "note_deleted": DeletedData,
    "assigned": AssignedData,
    "label": LabelData,
    "priority": PriorityData,
    "snoozed": SnoozedData,
    "woken": WokenData,
    "closed": ClosedData,
    "erased": ErasedData,
}
"""The content of an entry of each kind."""

VISIBLE_KINDS: frozenset[Kind] = frozenset({"message", "edited", "deleted", "reaction", "closed", "erased"})
"""The kinds that the conversation's visitor sees and counts."""


class Author(msgspec.Struct, frozen=True, omit_defaults=True):
    """The author of an entry. Visitors do not receive the ID."""

    kind: AuthorKind
    name: str = ""
    id: str = ""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One item of a conversation's timeline. `seq` is the number on the receiver's side; visitors receive no position.

    It never changes, unless its content is deleted or erased. Then `data` is null, and only IDs, numbers, time, kind
    and the author's kind remain. A visitor receives a message that was edited, and its earlier edits, with the newest
    text.
    """

    conversation: str
    id: str
    seq: int
    at: int
    kind: Kind
    author: Author
    data: msgspec.Raw | None
    position: int = 0


class SeenMarks(msgspec.Struct, frozen=True):
    """How far each side has read, as the seq of the last entry that it has seen (0: none)."""

    visitor: int
    operator: int


class VisitorSummary(msgspec.Struct, frozen=True):
    """A conversation in the list of a visitor's conversations. All numbers are those that the visitor counts.

    `number` identifies it for people. `unread` counts messages of the other side after the visitor's mark. `last` is
    the newest message, `closed` or `erased`. A message that was edited has its newest text.
    """

    id: str
    number: int
    status: Status
    started_at: int
    last_seq: int
    unread: int
    last: Entry | None


class VisitorConversations(msgspec.Struct, frozen=True):
    """A visitor's conversations, the last started first; `more`: there are earlier ones."""

    conversations: list[VisitorSummary]
    more: bool


class VisitorConversation(msgspec.Struct, frozen=True):
    """The conversation that a visitor's stream serves, as it is when the stream opens.

    All numbers are those that the visitor counts.
    """

    id: str
    status: Status
    last_seq: int
    seen: SeenMarks


class Contact(msgspec.Struct, frozen=True):
    """The site's attributes of a verified visitor. Texts may be empty."""

    name: str
    email: str
    email_verified: bool
    attributes: dict[str, str]
