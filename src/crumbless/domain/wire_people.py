"""What crosses the wire about workspaces, their people, teams and sites, and who did what. See wire.py for conventions.

A secret comes out of a link's fragment; it never stands in a request's address.
"""

from typing import Any, Literal

import msgspec

from crumbless.domain.access import OperatorRole
from crumbless.domain.bounds import (
    Colour,
    Email,
    Ids,
    Language,
    Languages,
    Name,
    Origins,
    Password,
    Secret,
    SiteKeys,
    TimeZone,
)
from crumbless.domain.wire import Operator

OperatorStatus = Literal["active", "disabled"]
SiteSide = Literal["left", "right"]
ActorKind = Literal["operator", "visitor", "system"]


class SecretRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks what a link is for, without using it up."""

    secret: Secret


class SetUpLinkResponse(msgspec.Struct, frozen=True):
    """What a setup link is for. `workspace_name` is empty where the owner shall choose it."""

    workspace_name: str
    expires_at: int


class SetUpRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Makes a workspace, its owner and its first site. `site_origins`: of the pages that shall show the chat."""

    secret: Secret
    workspace_name: Name
    name: Name
    email: Email
    password: Password
    site_name: Name
    site_origins: Origins
    languages: Languages = []
    time_zone: TimeZone = ""


class SetUpResponse(msgspec.Struct, frozen=True):
    """The owner is signed in, with the key that signed the request; the site is there. `token` is shown once."""

    token: str
    expires_at: int
    operator: Operator
    site: "SiteResponse"


class InvitationResponse(msgspec.Struct, frozen=True):
    """What an invitation is for, as the invited person sees it."""

    workspace_name: str
    invited_by: str
    email: str
    name: str
    role: OperatorRole
    expires_at: int


class InvitationAcceptRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The invited person joins, under the name that visitors shall see."""

    secret: Secret
    name: Name
    password: Password
    languages: Languages = []
    time_zone: TimeZone = ""


class ResetRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link to set a new password is wanted; it goes by email to the address, where that belongs to an operator."""

    email: Email


class PasswordReset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new password, by the link of an email. Nobody is signed in by it; a code is asked for as before."""

    secret: Secret
    password: Password


class ProfileRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The name that visitors see, and the languages that the operator answers in; the first is that of emails."""

    name: Name
    languages: Languages


class EmailChangeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The address to sign in with from when it is confirmed by the link that is mailed there."""

    email: Email


class Team(msgspec.Struct, frozen=True):
    """Operators who share a queue."""

    id: str
    name: str


class PersonScope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which conversations an operator sees: all of the workspace, or those of some sites (keys) and teams (ids)."""

    everything: bool
    sites: SiteKeys = []
    teams: Ids = []


class OperatorResponse(msgspec.Struct, frozen=True):
    """An operator as their colleagues see them. `second_factor`: a passkey or an authenticator app is set up.

    `last_seen_at`: null for one who never signed in. Owners and admins see everything.
    """

    id: str
    name: str
    email: str
    role: OperatorRole
    status: OperatorStatus
    teams: list[str]
    languages: list[str]
    scope: PersonScope
    photo: str
    second_factor: bool
    created_at: int
    last_seen_at: int | None


class PendingInvitation(msgspec.Struct, frozen=True):
    """An invitation that was neither accepted nor revoked. Its link works until `expires_at`."""

    id: str
    email: str
    name: str
    role: OperatorRole
    teams: list[str]
    language: str
    invited_by: str
    created_at: int
    expires_at: int


class SiteName(msgspec.Struct, frozen=True):
    """A site, for a choice among several."""

    key: str
    name: str


class PeopleResponse(msgspec.Struct, frozen=True):
    """The people of a workspace and its teams. Only those who manage people receive invitations and sites."""

    people: list[OperatorResponse]
    teams: list[Team]
    sites: list[SiteName]
    invitations: list[PendingInvitation]


class InviteRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Invites somebody by email, in `language` where its words exist. `teams`: ids."""

    email: Email
    role: OperatorRole
    name: Name = ""
    teams: Ids = []
    language: Language = "en"


class OperatorChangeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another role, other teams, another list of what the operator sees; what is left out stays."""

    role: OperatorRole | None = None
    teams: Ids | None = None
    scope: PersonScope | None = None


class TeamRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A team's name, and who is in it (ids of operators); null leaves the members as they are."""

    name: Name
    members: Ids | None = None


class SiteRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A site as it shall be. `accent` is a colour such as #0e6a5a; null is the standard one."""

    name: Name
    origins: Origins
    accent: Colour | None = None
    side: SiteSide = "right"


class SiteResponse(msgspec.Struct, frozen=True):
    """A site, and the line for its pages. `embed_seen_at`: when the widget was last fetched by one of its pages."""

    key: str
    name: str
    origins: list[str]
    accent: str | None
    side: SiteSide
    embed: str
    embed_seen_at: int | None
    embed_seen_origin: str | None
    created_at: int


class SitesResponse(msgspec.Struct, frozen=True):
    """The sites of a workspace."""

    sites: list[SiteResponse]


class SiteSeen(msgspec.Struct, frozen=True):
    """When, to the minute, the widget was last fetched by a page of the site, and from which of its origins."""

    embed_seen_at: int | None
    embed_seen_origin: str | None


class WorkspaceResponse(msgspec.Struct, frozen=True):
    """A workspace."""

    name: str
    created_at: int


class WorkspaceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A workspace as it shall be."""

    name: Name


class AuditRecordResponse(msgspec.Struct, frozen=True):
    """Who did what to whom, when, from which session. `system`: the server itself, or somebody at its command line."""

    number: int
    at: int
    actor_kind: ActorKind
    actor_id: str
    actor_name: str
    action: str
    target_kind: str
    target_id: str
    target_name: str
    session_id: str | None
    thumbprint: str | None
    request_id: str | None
    details: dict[str, Any]


class AuditLogPage(msgspec.Struct, frozen=True):
    """Entries of the audit log, newest first; `more` when there are older ones."""

    records: list[AuditRecordResponse]
    more: bool
