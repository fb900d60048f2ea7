"""The wire types of identity verification, device transfer and bans.

See frames.py for the conventions.
"""

from typing import Annotated, Literal

import msgspec

from crumbless.core.bounds import Email, Id, Identity, Language, Origin, Secret, SiteKey

IdentityMode = Literal["off", "optional", "required"]
KeyAlgorithm = Literal["EdDSA", "ES256", "HS256"]
BanKind = Literal["visitor", "key", "contact", "network"]

# --- visitors -----------------------------------------------------------------------------------------------------


class IdentifyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JWT by which the site verifies its visitor.

    With a session, the session becomes the contact's. Without one, signed by a new key, the contact's newest
    conversation continues; `page_origin` is then the origin of the page that embeds the chat.
    """

    site: SiteKey
    identity: Identity
    page_origin: Origin = ""


class VisitorSessionResponse(msgspec.Struct, frozen=True):
    """A new session, and the conversation that it opens.

    `token` is shown once and works only with the proof's key.
    """

    token: str
    expires_at: int
    visitor: str
    conversation: str


class IdentifyResponse(msgspec.Struct, frozen=True):
    """The contact's name. `session` continues their conversation, for a browser without a session."""

    name: str
    session: VisitorSessionResponse | None = None


class DeviceTransferMailRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The address for a device transfer link, and the language of the email.

    `conversation`: the one that opens there, with its visitor; null: the newest of the session's own visitor.
    """

    email: Email
    language: Language = "en"
    conversation: Id | None = None


class ContinueCodeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The conversation that opens on the other device, with its visitor; null: the session's newest."""

    conversation: Id | None = None


class DeviceTransferCode(msgspec.Struct, frozen=True):
    """Eight characters that continue the chat on another device, once."""

    code: str
    expires_at: int


class DeviceTransferRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of a link, or a code in any spelling. Signed by the new device's key."""

    site: SiteKey
    secret: Secret


# --- operators ----------------------------------------------------------------------------------------------------


class IdentityKeyResponse(msgspec.Struct, frozen=True):
    """A key with which a site signs. Its secret is never shown again."""

    kid: str
    algorithm: KeyAlgorithm
    name: str
    created_at: int
    last_used_at: int | None
    retired_at: int | None


class SiteIdentity(msgspec.Struct, frozen=True):
    """Whether a site's visitors may or must be verified, and the keys for it."""

    mode: IdentityMode
    keys: list[IdentityKeyResponse]


class IdentityModeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new mode. "required" ends the sessions of visitors who are not verified."""

    mode: IdentityMode


class IdentityKeyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new key. `public_key` is PEM, for EdDSA and ES256. The server creates the secret for HS256."""

    algorithm: KeyAlgorithm
    name: Annotated[str, msgspec.Meta(max_length=60)] = ""
    public_key: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class NewIdentityKeyResponse(msgspec.Struct, frozen=True):
    """The new key. `secret` is shown once: 43 characters of base64url, used as they are; empty for public keys."""

    key: IdentityKeyResponse
    secret: str = ""


class BanPreview(msgspec.Struct, frozen=True):
    """The effect of banning the network of a conversation's visitor.

    `network_known`: whether the server still knows the network. `others_today`: how many other visitors of the
    workspace came from it in the last 24 hours.
    """

    network_known: bool
    others_today: int


class BanRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bans the visitor of a conversation: the visitor, their key and their verified contact.

    `network`: also ban their network, for 24 hours.
    """

    conversation: Id
    days: Annotated[int, msgspec.Meta(ge=1, le=365)]
    network: bool = False
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class BanResponse(msgspec.Struct, frozen=True):
    """A ban. `label` is the visitor's name or address at the time of the ban; it may be empty."""

    id: str
    kind: BanKind
    label: str
    reason: str
    created_by: str
    created_at: int
    ends_at: int


class BansResponse(msgspec.Struct, frozen=True):
    """The active bans, newest first."""

    bans: list[BanResponse]
