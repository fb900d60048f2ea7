"""The lines of an operator's export: one JSON document per line, with its type in `type`."""

from typing import Any

import msgspec

from crumbless.protocol.timeline import Kind


class ProfileLine(msgspec.Struct, frozen=True, tag_field="type", tag="profile"):
    """The operator's account. `scoped_at`: when the operator got a list of sites and teams."""

    id: str
    email: str
    name: str
    role: str
    status: str
    languages: list[str]
    photo: str
    scoped_at: int | None
    attempts_mailed_at: int | None
    changed_at: int
    created_at: int


class PhotoLine(msgspec.Struct, frozen=True, tag_field="type", tag="photo"):
    """The operator's photo. `path`: where it can be loaded."""

    path: str
    media_type: str
    size: int
    created_at: int


class SessionLine(msgspec.Struct, frozen=True, tag_field="type", tag="session"):
    """A session of the operator. `key`: the thumbprint of the browser's key."""

    id: str
    key: str | None
    device: str
    time_zone_name: str
    factors: str
    created_at: int
    expires_at: int
    last_seen_at: int
    authenticated_at: int
    ended_at: int | None


class KnownNetworkLine(msgspec.Struct, frozen=True, tag_field="type", tag="known_network"):
    """A network from which the operator has signed in. Only a keyed hash of it is stored, which is a secret."""

    seen_at: int


class PasskeyLine(msgspec.Struct, frozen=True, tag_field="type", tag="passkey"):
    """A passkey of the operator."""

    id: str
    name: str
    transports: list[str]
    backed_up: bool
    created_at: int
    last_used_at: int | None


class RecoveryCodeLine(msgspec.Struct, frozen=True, tag_field="type", tag="recovery_code"):
    """A recovery code. `used_at`: null for one that still works."""

    used_at: int | None


class OidcAccountLine(msgspec.Struct, frozen=True, tag_field="type", tag="oidc_account"):
    """An account at a provider that signs the operator in."""

    issuer: str
    subject: str
    label: str
    created_at: int
    last_used_at: int | None


class TeamLine(msgspec.Struct, frozen=True, tag_field="type", tag="team"):
    """A team of the operator."""

    id: str
    name: str


class ScopeLine(msgspec.Struct, frozen=True, tag_field="type", tag="scope"):
    """A site (its key) or a team (its ID) that the operator sees."""

    site: str | None
    team: str | None


class SentInvitationLine(msgspec.Struct, frozen=True, tag_field="type", tag="sent_invitation"):
    """An invitation that the operator sent, without the invited person."""

    id: str
    role: str
    created_at: int
    expires_at: int
    accepted_at: int | None
    revoked_at: int | None


class HandledRequestLine(msgspec.Struct, frozen=True, tag_field="type", tag="handled_request"):
    """A request of a person that the operator handles, without that person."""

    id: str
    kind: str
    status: str
    asked_at: int
    due_at: int
    closed_at: int | None
    receipt: str | None
    created_at: int


class OwnDeletionLine(msgspec.Struct, frozen=True, tag_field="type", tag="deletion"):
    """A deletion by the operator."""

    id: str
    kind: str
    started_at: int
    finished_at: int | None
    counts: dict[str, int]


class OwnAuditLine(msgspec.Struct, frozen=True, tag_field="type", tag="audit_entry"):
    """An entry of the audit log about an action of the operator. It does not name the person of the action."""

    number: int
    at: int
    actor_name: str
    session_id: str | None
    thumbprint: str | None
    request_id: str | None
    action: str
    target_kind: str
    target_id: str
    details: dict[str, Any]


class WrittenEntryLine(msgspec.Struct, frozen=True, tag_field="type", tag="entry"):
    """A message, a note or another entry that the operator wrote. `data`: null once it was erased."""

    conversation: str
    id: str
    at: int
    kind: Kind
    author_name: str
    data: msgspec.Raw | None
