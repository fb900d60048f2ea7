"""The lines of an export: one JSON document per line, with its type in `type`."""

import msgspec

from crumbless.protocol.timeline import Contact, Entry, Status


class SiteLine(msgspec.Struct, frozen=True, tag_field="type", tag="site"):
    """A site. Its contacts, conversations and receipts follow."""

    key: str
    name: str
    origins: list[str]
    created_at: int


class ContactLine(msgspec.Struct, frozen=True, tag_field="type", tag="contact"):
    """A person whom the site has verified."""

    id: str
    subject: str
    contact: Contact
    created_at: int


class ConversationLine(msgspec.Struct, frozen=True, tag_field="type", tag="conversation"):
    """A conversation. Its entries follow. `consent`: the first receipt of its consent."""

    id: str
    number: int
    site: str
    visitor: str
    visitor_name: str
    visitor_email: str
    contact: str | None
    status: Status
    started_at: int
    consent: str


class EntryLine(msgspec.Struct, frozen=True, tag_field="type", tag="entry"):
    """An entry of a conversation."""

    entry: Entry


class ReceiptLine(msgspec.Struct, frozen=True, tag_field="type", tag="consent_receipt"):
    """A consent receipt, as it was stored."""

    receipt: str
    chain: str
    analytics: bool
    marketing: bool
    services: list[str]
    at: int


class OperatorLine(msgspec.Struct, frozen=True, tag_field="type", tag="operator"):
    """An operator of the workspace."""

    id: str
    name: str
    email: str
    role: str
    status: str
    created_at: int


class EndLine(msgspec.Struct, frozen=True, tag_field="type", tag="end"):
    """The last line. An export without it is incomplete."""

    lines: int


ExportLine = SiteLine | ContactLine | ConversationLine | EntryLine | ReceiptLine | OperatorLine | EndLine
