"""The protocol's types for conversations over HTTP."""

import msgspec

from crumbless.core import bounds
from crumbless.protocol.frames import (
    ConversationSummary,
)
from crumbless.protocol.timeline import Entry, VisitorSummary


class StartRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A visitor's first message. `page_origin` is the origin of the page that embeds the chat.

    `claim` is for a browser that cannot create a key: 22 to 128 unguessable characters. Each attempt has the same ones,
    so that a repeated start is the same start. `consent` is the receipt of the page's consent, or null. `identity`
    is a JWT by which the site verifies the visitor. `work` is the solution to the challenge of a `work_needed`.
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
    """A new conversation and its first entry."""

    conversation: VisitorSummary
    entry: Entry


class InboxPage(msgspec.Struct, frozen=True):
    """Conversations, newest activity first. A stream continues at `position`; `more`: there is a next page."""

    position: int
    conversations: list[ConversationSummary]
    more: bool


class TimelinePage(msgspec.Struct, frozen=True):
    """Entries of one conversation in seq order; `more`: there are earlier entries."""

    conversation: ConversationSummary
    entries: list[Entry]
    more: bool
