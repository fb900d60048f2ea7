"""The protocol's types for export and erasure."""

import msgspec

from crumbless.protocol.timeline import Entry, Status
from crumbless.visitors.identity_wire import BanKind


class ExportedSite(msgspec.Struct, frozen=True):
    """The site of a conversation."""

    key: str
    name: str


class ExportedContact(msgspec.Struct, frozen=True):
    """The person as the site has named them. `subject` is the site's ID of the person."""

    subject: str
    name: str
    email: str
    email_verified: bool
    attributes: dict[str, str]
    created_at: int
    changed_at: int


class ExportedVisitor(msgspec.Struct, frozen=True):
    """The stored data of a visitor, besides the conversations.

    `key` is the thumbprint of the browser's key. `network_hash` is a keyed hash of the network that the visitor used at
    `network_seen_at`; both are null once it has expired. `contact`: null unless the site has verified this session.
    """

    id: str
    name: str
    email: str
    key: str | None
    network_hash: str | None
    network_seen_at: int | None
    created_at: int
    contact: ExportedContact | None = None


class ExportedSession(msgspec.Struct, frozen=True):
    """A session of the visitor. `key` is the thumbprint of the key that it belongs to."""

    key: str | None
    created_at: int
    expires_at: int
    last_seen_at: int
    ended_at: int | None
    device: str
    time_zone_name: str
    verified: bool


class ExportedBan(msgspec.Struct, frozen=True):
    """A ban that is in force and applies to the visitor."""

    kind: BanKind
    created_at: int
    ends_at: int


class ExportedConversation(msgspec.Struct, frozen=True):
    """A complete conversation as its visitor sees it. `consent`: the first receipt of its consent."""

    id: str
    status: Status
    started_at: int
    consent: str
    entries: list[Entry]


class VisitorExport(msgspec.Struct, frozen=True):
    """The stored data of a site about one visitor (server_data.toml). Entries that arrive meanwhile may be missing."""

    exported_at: int
    site: ExportedSite
    visitor: ExportedVisitor
    sessions: list[ExportedSession]
    bans: list[ExportedBan]
    conversations: list[ExportedConversation]


class ErasedResponse(msgspec.Struct, frozen=True):
    """The result of an erasure: the number of conversations, and of both sides' messages in them."""

    conversations: int
    messages: int
