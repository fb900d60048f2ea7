"""The frames of the stream, and the conventions of all wire types: each value is defined once, in a `*_wire.py`.

web/wire (tools/generate_wire.py) and docs/openapi.json are generated from these structs; see docs/protocol.md.
Times are whole milliseconds since 1970 (UTC). IDs are UUIDs in their lower-case hyphenated form.
"""

from typing import Literal

import msgspec

from crumbless.core import bounds
from crumbless.protocol.timeline import (
    MAX_TEXT,
    Author,
    Contact,
    Entry,
    Priority,
    ReactionName,
    SeenMarks,
    Side,
    Status,
    VisitorConversation,
    VisitorSummary,
)
from crumbless.security.access import OperatorRole

PROTOCOL = "crumbless.v1"

MAX_FRAME = 65_536
"""Largest frame a client may send, in bytes."""

PING_SECONDS = 25
"""A client that has sent nothing for this long sends `ping`."""

ENTRIES_PER_FRAME = 100
"""Most entries in one `entries` frame while a client catches up."""


class ConversationSummary(msgspec.Struct, frozen=True):
    """One row of the inbox. `contact`: null unless the site has verified the visitor.

    `number` identifies the conversation for people, in its workspace. `waiting_since`: when the visitor wrote the first
    message without an operator's reply; null when every message has one. `position` is that of the newest entry. `last`
    is the newest message, or the entry `erased` once the visitor has erased the conversation. `operator` and `team`:
    the IDs of those to whom it is assigned, or empty. `snoozed_until`: null if it is not snoozed, or until the next
    message. `labels`: their IDs, in the order in which they were added. Some may be deleted.
    """

    id: str
    number: int
    status: Status
    waiting_since: int | None
    visitor_id: str
    visitor_name: str
    site_name: str
    started_at: int
    last_seq: int
    position: int
    unread: int
    seen: SeenMarks
    last: Entry | None
    contact: Contact | None = None
    operator: str = ""
    team: str = ""
    priority: Priority = "normal"
    snoozed_until: int | None = None
    labels: list[str] = []


# --- frames: client to server -------------------------------------------------------------------------------------


class ClientFrame(msgspec.Struct, frozen=True, tag_field="op", forbid_unknown_fields=True):
    """Base of the frames that a client may send; `op` names the frame."""


class Auth(ClientFrame, frozen=True, tag="auth"):
    """Response to `challenge`. `after`: operators send a position, visitors a seq; null means only new entries.

    `within` (operators): if more than this many entries came after `after`, none of them is sent. A fresh page is
    cheaper. `conversation` (visitors): the conversation that the stream serves; null: the newest of the session.
    """

    token: bounds.Secret
    proof: bounds.Proof = ""
    after: int | None = None
    within: int | None = None
    conversation: bounds.Id | None = None


class Send(ClientFrame, frozen=True, tag="send"):
    """Append a message. The client creates `id`; sending it again is the same message.

    `quote`: the ID of the message that it answers; empty for none.
    """

    id: bounds.Id
    conversation: bounds.Id
    text: bounds.MessageText
    quote: bounds.Id = ""


class Edit(ClientFrame, frozen=True, tag="edit"):
    """Change the text of a message. `entry`: its ID. Idempotent by `id`, as `send` is."""

    id: bounds.Id
    conversation: bounds.Id
    entry: bounds.Id
    text: bounds.MessageText


class Delete(ClientFrame, frozen=True, tag="delete"):
    """Delete the content of a message. `entry`: its ID. Idempotent by `id`, as `send` is."""

    id: bounds.Id
    conversation: bounds.Id
    entry: bounds.Id


class React(ClientFrame, frozen=True, tag="react"):
    """Add (`on`) or remove a reaction to a message. `entry`: its ID. Idempotent by `id`, as `send` is."""

    id: bounds.Id
    conversation: bounds.Id
    entry: bounds.Id
    reaction: ReactionName
    on: bool


class Note(ClientFrame, frozen=True, tag="note"):
    """Append a note for the team (operators only). The visitor never receives it. Idempotent by `id`, as `send` is.

    `mentions`: the IDs of operators whom the note mentions.
    """

    id: bounds.Id
    conversation: bounds.Id
    text: bounds.MessageText
    mentions: bounds.Mentions = []


class EditNote(ClientFrame, frozen=True, tag="edit_note"):
    """Change the text of a note (operators only), as `edit` does for a message."""

    id: bounds.Id
    conversation: bounds.Id
    entry: bounds.Id
    text: bounds.MessageText


class DeleteNote(ClientFrame, frozen=True, tag="delete_note"):
    """Delete the content of a note (operators only), as `delete` does for a message."""

    id: bounds.Id
    conversation: bounds.Id
    entry: bounds.Id


class Assign(ClientFrame, frozen=True, tag="assign"):
    """Assign a conversation to an operator, a team or both (operators only). Idempotent by `id`, as `send` is.

    A field that is null does not change. An empty one removes the operator or the team.
    """

    id: bounds.Id
    conversation: bounds.Id
    operator: bounds.Id | None = None
    team: bounds.Id | None = None


class SetLabel(ClientFrame, frozen=True, tag="label"):
    """Add (`on`) a label to a conversation, or remove it (operators only). Idempotent by `id`, as `send` is."""

    id: bounds.Id
    conversation: bounds.Id
    label: bounds.Id
    on: bool


class SetPriority(ClientFrame, frozen=True, tag="priority"):
    """Set the priority of a conversation (operators only). Idempotent by `id`, as `send` is."""

    id: bounds.Id
    conversation: bounds.Id
    priority: Priority


class Snooze(ClientFrame, frozen=True, tag="snooze"):
    """Postpone a conversation (operators only): until a time, or until the visitor's next message (null).

    Idempotent by `id`, as `send` is.
    """

    id: bounds.Id
    conversation: bounds.Id
    until: int | None = None


class Wake(ClientFrame, frozen=True, tag="wake"):
    """Open a snoozed conversation (operators only). Idempotent by `id`, as `send` is."""

    id: bounds.Id
    conversation: bounds.Id


class Close(ClientFrame, frozen=True, tag="close"):
    """Close a conversation (operators only). Idempotent by `id`, as `send` is."""

    id: bounds.Id
    conversation: bounds.Id


class Typing(ClientFrame, frozen=True, tag="typing"):
    """The sender started or stopped typing. Never stored."""

    conversation: bounds.Id
    on: bool


class Seen(ClientFrame, frozen=True, tag="seen"):
    """The sender has seen everything up to and including `seq`, as its own side counts entries."""

    conversation: bounds.Id
    seq: int


class Ping(ClientFrame, frozen=True, tag="ping"):
    """Requests a `pong`."""


AnyClientFrame = (
    Auth
    | Send
    | Edit
    | Delete
    | React
    | Note
    | EditNote
    | DeleteNote
    | Assign
    | SetLabel
    | SetPriority
    | Snooze
    | Wake
    | Close
    | Typing
    | Seen
    | Ping
)


# --- frames: server to client -------------------------------------------------------------------------------------


class ServerFrame(msgspec.Struct, frozen=True, tag_field="op"):
    """Base of the frames that the server sends."""


class Challenge(ServerFrame, frozen=True, tag="challenge"):
    """First frame of every stream. `nonce` is valid for this stream only."""

    nonce: str
    protocol: str = PROTOCOL


class You(msgspec.Struct, frozen=True):
    """The author that this stream is authenticated as."""

    kind: Side
    id: str
    name: str


class Limits(msgspec.Struct, frozen=True):
    """The server's limits: `text` in code points, `frame` in bytes, `ping` in seconds."""

    text: int = MAX_TEXT
    frame: int = MAX_FRAME
    ping: int = PING_SECONDS


class Operator(msgspec.Struct, frozen=True, omit_defaults=True):
    """The signed-in operator, as the desk shows them. `photo` is the path of a picture, empty for none.

    `scope` names the list of sites and teams that limits the operator's view, and changes with it. 0: no limit.
    """

    id: str
    name: str
    email: str
    role: OperatorRole
    workspace_name: str
    photo: str = ""
    languages: list[str] = []
    scope: int = 0


class Welcome(ServerFrame, frozen=True, tag="welcome"):
    """The stream is authenticated. Missed entries follow in `entries` frames.

    Operators receive the workspace's `position` and their own data. `second_factor_from` is when this session ends
    without a second factor, in milliseconds; 0: never. Visitors receive their `conversation`. `bound` is false for a
    session without a key (see docs/protocol.md, "Sessions"). `complete` is false for an operator with a limited view,
    whose entries have gaps in their positions.
    """

    you: You
    limits: Limits
    bound: bool = True
    position: int = 0
    conversation: VisitorConversation | None = None
    operator: Operator | None = None
    second_factor_from: int = 0
    complete: bool = True


class Entries(ServerFrame, frozen=True, tag="entries"):
    """Entries in order: by position for operators, by seq for visitors. Used for live and for missed entries."""

    entries: list[Entry]


class Ack(ServerFrame, frozen=True, tag="ack"):
    """The entry `id` is stored with this seq. Sent for a repeat too, with the first result."""

    id: str
    conversation: str
    seq: int
    at: int


class TypingNow(ServerFrame, frozen=True, tag="typing"):
    """Another participant of the conversation is typing, or stopped. Clients remove the notice after 6 seconds."""

    conversation: str
    by: Author
    on: bool


class SeenNow(ServerFrame, frozen=True, tag="seen"):
    """One side of the conversation has seen everything up to `seq`."""

    conversation: str
    by: Side
    seq: int


class SummaryNow(ServerFrame, frozen=True, tag="summary"):
    """Another conversation of the visitor has changed. The stream serves one conversation and sends summaries of the
    others."""

    conversation: VisitorSummary


class Failure(ServerFrame, frozen=True, tag="error"):
    """A frame was rejected; the stream continues. `id` names the entry if there is one. `retry_after` is in seconds."""

    code: str
    message: str
    id: str = ""
    retry_after: float = 0


class Pong(ServerFrame, frozen=True, tag="pong"):
    """Response to `ping`."""


class End(ServerFrame, frozen=True, tag="end"):
    """The server closes the stream. Over HTTP this is a frame, over WebSocket its close frame."""

    code: int
    reason: str


class DiskNow(ServerFrame, frozen=True, tag="disk"):
    """The state of the server's disk: `low` (little free space), `full` (writes are rejected) or empty. For owners and
    admins."""

    state: Literal["", "low", "full"]


AnyServerFrame = Challenge | Welcome | Entries | Ack | TypingNow | SeenNow | SummaryNow | DiskNow | Failure | Pong | End


# --- HTTP API -----------------------------------------------------------------------------------------------------
