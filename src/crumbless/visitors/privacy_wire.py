"""The protocol's types for export and erasure."""

import msgspec

from crumbless.protocol.timeline import (
    Contact,
    Entry,
    Status,
)


class ExportedSite(msgspec.Struct, frozen=True):
    """The site of a conversation."""

    key: str
    name: str


class ExportedVisitor(msgspec.Struct, frozen=True):
    """The stored data of a visitor, besides the conversations."""

    id: str
    name: str
    created_at: int
    contact: Contact | None = None


class ExportedConversation(msgspec.Struct, frozen=True):
    """A complete conversation as its visitor sees it. `consent`: the first receipt of its consent."""

    id: str
    status: Status
    started_at: int
    consent: str
    entries: list[Entry]


class VisitorExport(msgspec.Struct, frozen=True):
    """All stored data of a site about one visitor. Entries that arrive during the export may be missing."""

    exported_at: int
    site: ExportedSite
    visitor: ExportedVisitor
    conversations: list[ExportedConversation]


class ErasedResponse(msgspec.Struct, frozen=True):
    """The result of an erasure: the number of conversations, and of both sides' messages in them."""

    conversations: int
    messages: int
