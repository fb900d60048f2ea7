"""Every value that crosses the wire, defined once.

Stream, HTTP API and web/shared/wire.ts (tools/generate_wire.py) are made from these structs; see docs/protocol.md.
Times are whole milliseconds since 1970 (UTC). Ids are UUIDs in their lower-case hyphenated form.
"""

from typing import Literal

import msgspec

from crumbless.domain import bounds
from crumbless.domain.access import OperatorRole
from crumbless.domain.wire_identity import Contact
from crumbless.domain.wire_timeline import (
    MAX_TEXT,
    Author,
    Entry,
    SeenMarks,
    Side,
    Status,
    VisitorConversation,
    VisitorSummary,
)

PROTOCOL = "crumbless.v1"

MAX_FRAME = 65_536
"""Largest frame a client may send, in bytes."""

PING_SECONDS = 25
"""A client that has sent nothing for this long sends `ping`."""

ENTRIES_PER_FRAME = 100
"""Most entries in one `entries` frame while a client catches up."""


class ConversationSummary(msgspec.Struct, frozen=True):
    """One row of the inbox. `contact`: null unless the site has verified the visitor.

    `number` names the conversation to people, in its workspace. `waiting_since`: when the visitor wrote the first
    message that no operator has replied to; null when none is left. `position` is that of the newest entry.
    `last` is the newest message, or the entry `erased` once the visitor has erased the conversation.
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


# --- frames: client to server -------------------------------------------------------------------------------------


class ClientFrame(msgspec.Struct, frozen=True, tag_field="op", forbid_unknown_fields=True):
    """Base of what a client may send; `op` names the frame."""


class Auth(ClientFrame, frozen=True, tag="auth"):
    """Answer to `challenge`. `after`: operators a position, visitors a seq; null means only what comes from now on.

    `within` (operators): when more than this many entries came after `after`, none of them is sent. A fresh page is
    cheaper. `conversation` (visitors): which one the stream serves; null: the newest that the session reaches.
    """

    token: bounds.Secret
    proof: bounds.Proof = ""
    after: int | None = None
    within: int | None = None
    conversation: bounds.Id | None = None


class Send(ClientFrame, frozen=True, tag="send"):
    """Append a message. The client makes `id`; sending it again is the same message."""

    id: bounds.Id
    conversation: bounds.Id
    text: bounds.MessageText


class Note(ClientFrame, frozen=True, tag="note"):
    """Append a note for the team (operators only). The visitor never receives it. Idempotent by `id`, as `send` is."""

    id: bounds.Id
    conversation: bounds.Id
    text: bounds.MessageText


class Close(ClientFrame, frozen=True, tag="close"):
    """Close a conversation (operators only). Idempotent by `id`, as `send` is."""

    id: bounds.Id
    conversation: bounds.Id


class Typing(ClientFrame, frozen=True, tag="typing"):
    """The sender started or stopped typing. Never stored."""

    conversation: bounds.Id
    on: bool


class Seen(ClientFrame, frozen=True, tag="seen"):
    """The sender has been shown everything up to and including `seq`, as its own side counts entries."""

    conversation: bounds.Id
    seq: int


class Ping(ClientFrame, frozen=True, tag="ping"):
    """Asks for `pong`."""


AnyClientFrame = Auth | Send | Note | Close | Typing | Seen | Ping


# --- frames: server to client -------------------------------------------------------------------------------------


class ServerFrame(msgspec.Struct, frozen=True, tag_field="op"):
    """Base of what the server sends."""


class Challenge(ServerFrame, frozen=True, tag="challenge"):
    """First frame of every stream. `nonce` is good for this stream only."""

    nonce: str
    protocol: str = PROTOCOL


class You(msgspec.Struct, frozen=True):
    """Who the server takes this stream for."""

    kind: Side
    id: str
    name: str


class Limits(msgspec.Struct, frozen=True):
    """What the server accepts: `text` in code points, `frame` in bytes, `ping` in seconds."""

    text: int = MAX_TEXT
    frame: int = MAX_FRAME
    ping: int = PING_SECONDS


class Operator(msgspec.Struct, frozen=True, omit_defaults=True):
    """The signed-in operator, as the desk shows them. `photo` is the path of a picture, empty for none.

    `scope` names the list of sites and teams that limits what they see, and changes with it; 0: they see everything.
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
    """The stream is authenticated. What was missed follows in `entries` frames.

    Operators are told the workspace's `position`, who they are, and from when this session ends for want of a second
    factor (`second_factor_from`, in milliseconds; 0: never); visitors their `conversation`. `bound` is false for
    a session that is not tied to a key (see docs/protocol.md, "Sessions"). `complete` is false for an operator who sees
    only some sites and teams: the positions of their entries have gaps, which are not losses.
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
    """Entries in order: by position for operators, by seq for visitors. Live and catching up alike."""

    entries: list[Entry]


class Ack(ServerFrame, frozen=True, tag="ack"):
    """The entry `id` is on disk as this seq. Sent for a repeat too, with the first result."""

    id: str
    conversation: str
    seq: int
    at: int


class TypingNow(ServerFrame, frozen=True, tag="typing"):
    """Somebody else in the conversation is typing, or stopped. Clients let it lapse after 6 seconds."""

    conversation: str
    by: Author
    on: bool


class SeenNow(ServerFrame, frozen=True, tag="seen"):
    """One side of the conversation has been shown everything up to `seq`."""

    conversation: str
    by: Side
    seq: int


class SummaryNow(ServerFrame, frozen=True, tag="summary"):
    """Another conversation of the visitor has changed. The stream serves one; this is how it tells of the others."""

    conversation: VisitorSummary


class Failure(ServerFrame, frozen=True, tag="error"):
    """A frame was refused; the stream continues. `id` names the entry when there is one, `retry_after` is in
    seconds."""

    code: str
    message: str
    id: str = ""
    retry_after: float = 0


class Pong(ServerFrame, frozen=True, tag="pong"):
    """Answer to `ping`."""


class End(ServerFrame, frozen=True, tag="end"):
    """The server ends the stream. Streaming HTTP and long poll send it as a frame; WebSocket as its close frame."""

    code: int
    reason: str


class DiskNow(ServerFrame, frozen=True, tag="disk"):
    """The server disk: `low` (little free space), `full` (takes nothing) or empty. For owners and admins."""

    state: Literal["", "low", "full"]


AnyServerFrame = Challenge | Welcome | Entries | Ack | TypingNow | SeenNow | SummaryNow | DiskNow | Failure | Pong | End


# --- HTTP API -----------------------------------------------------------------------------------------------------


class StartRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A visitor's first message. `page_origin` is the origin of the page that embeds the chat.

    `claim` is for a browser that cannot make a key: 22 to 128 characters that nobody can guess, the same in each try,
    so that a repeated start is the same start. `consent` is the receipt of the page's consent, if there is one.
    `identity` is a JWT by which the site verifies the visitor. `work` answers the challenge of a `work_needed`.
    """

    site: bounds.SiteKey
    id: bounds.Id
    text: bounds.MessageText
    page_origin: bounds.Origin
    claim: bounds.Claim = ""
    consent: bounds.Receipt | None = None
    identity: bounds.Identity = ""
    work: bounds.ProofOfWorkSolution = ""


class StartResponse(msgspec.Struct, frozen=True):
    """Session, conversation and first entry of a visitor. `token` is shown once and works only with the proof's key."""

    token: str
    expires_at: int
    bound: bool
    visitor: str
    conversation: str
    entry: Entry


class ConversationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first message of another conversation of a visitor who has a session. Idempotent by `id`.

    `consent` and `work` are as in a StartRequest.
    """

    id: bounds.Id
    text: bounds.MessageText
    consent: bounds.Receipt | None = None
    work: bounds.ProofOfWorkSolution = ""


class ConversationAnswer(msgspec.Struct, frozen=True):
    """The conversation that was started, and its first entry."""

    conversation: VisitorSummary
    entry: Entry


class ExportedSite(msgspec.Struct, frozen=True):
    """The site that a visitor wrote on."""

    key: str
    name: str


class ExportedVisitor(msgspec.Struct, frozen=True):
    """What is kept about a visitor beside their conversations."""

    id: str
    name: str
    created_at: int
    contact: Contact | None = None


class ExportedConversation(msgspec.Struct, frozen=True):
    """One conversation as its visitor sees it, whole. `consent`: the first receipt of the consent it is held to."""

    id: str
    status: Status
    started_at: int
    consent: str
    entries: list[Entry]


class VisitorExport(msgspec.Struct, frozen=True):
    """Everything that a site keeps about one visitor. Entries that come while it is made may be missing."""

    exported_at: int
    site: ExportedSite
    visitor: ExportedVisitor
    conversations: list[ExportedConversation]


Choice = Literal[0, 1]
ConsentSource = Literal["banner", "settings", "gpc", "api", "external"]


class Categories(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was granted (1) and refused (0)."""

    analytics: Choice
    marketing: Choice


class ConsentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A choice that a visitor made on a page of the site. `text`: a digest of the shown texts. `previous`: the receipt
    that this choice follows. `id`: a UUID that the client makes; sending it again is the same record.
    """

    site: bounds.SiteKey
    categories: Categories
    source: ConsentSource
    revision: int
    language: bounds.Language
    text: bounds.Digest
    previous: bounds.Receipt | None = None
    id: bounds.Id | None = None


class ConsentResponse(msgspec.Struct, frozen=True):
    """The record's number, which nobody else is told, and the record, signed (JWS compact, EdDSA)."""

    receipt: str
    signature: str


class InboxPage(msgspec.Struct, frozen=True):
    """Conversations, newest activity first. A stream continues at `position`; `more` says that a next page exists."""

    position: int
    conversations: list[ConversationSummary]
    more: bool


class TimelinePage(msgspec.Struct, frozen=True):
    """Entries of one conversation in seq order; `more` says that earlier ones exist."""

    conversation: ConversationSummary
    entries: list[Entry]
    more: bool


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem document. `type` is `urn:crumbless:problem:CODE`. `work`: the challenge of a `work_needed`."""

    type: str
    title: str
    status: int
    detail: str = ""
    work: str = ""
