"""The wire types of operators, teams, invitations and workspaces. See frames.py for the conventions.

A secret comes from a link's fragment; a request's address never contains it.
"""

from typing import Literal

import msgspec

from crumbless.core.bounds import Email, Id, Ids, Language, Languages, Name, Password, Secret, SiteKeys, TimeZone
from crumbless.security.access import OperatorRole

OperatorStatus = Literal["active", "disabled"]

HandoverKind = Literal["requests", "invitations", "teams"]
"""A kind of things of an operator, which a colleague can take over."""


class SecretRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requests the purpose of a link, without using it up."""

    secret: Secret


class InvitationResponse(msgspec.Struct, frozen=True):
    """The purpose of an invitation, as the invited person sees it."""

    workspace_name: str
    invited_by: str
    email: str
    name: str
    role: OperatorRole
    expires_at: int


class InvitationAcceptRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Accepts the invitation, with the name that visitors see."""

    secret: Secret
    name: Name
    password: Password
    languages: Languages = []
    time_zone: TimeZone = ""


class ResetRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requests a link for a new password. It is sent by email if the address belongs to an operator."""

    email: Email


class PasswordReset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new password, with the secret of an email's link. It starts no session; a second factor is still required."""

    secret: Secret
    password: Password


class ProfileRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The name that visitors see, and the operator's languages; the first one is used for emails."""

    name: Name
    languages: Languages


class EmailChangeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The new address for signing in. It becomes valid with the link that is sent there."""

    email: Email


class Team(msgspec.Struct, frozen=True):
    """Operators who share a queue."""

    id: str
    name: str


class PersonScope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The conversations that an operator sees: all of the workspace, or those of some sites (keys) and teams (IDs)."""

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
    """A pending invitation. Its link works until `expires_at`."""

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
    """A site in a list of choices."""

    key: str
    name: str


class PeopleResponse(msgspec.Struct, frozen=True):
    """The people of a workspace and its teams. Only those who manage people receive invitations and sites."""

    people: list[OperatorResponse]
    teams: list[Team]
    sites: list[SiteName]
    invitations: list[PendingInvitation]


class InviteRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Invites a person by email, in `language` if it is available. `teams`: IDs."""

    email: Email
    role: OperatorRole
    name: Name = ""
    teams: Ids = []
    language: Language = "en"


class OperatorChangeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another role, other teams, or another scope. Absent fields do not change."""

    role: OperatorRole | None = None
    teams: Ids | None = None
    scope: PersonScope | None = None


class OperatorThings(msgspec.Struct, frozen=True):
    """The number of things of one kind that an operator has."""

    kind: HandoverKind
    count: int


class HandoverResponse(msgspec.Struct, frozen=True):
    """The things that an operator has, which a colleague can take over."""

    things: list[OperatorThings]


class HandoverRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The colleague (an ID) who takes over the things of an operator who leaves; null: no colleague."""

    to: Id | None = None


class TeamRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A team's name and members (IDs of operators); null does not change the members."""

    name: Name
    members: Ids | None = None


class WorkspaceResponse(msgspec.Struct, frozen=True):
    """A workspace. `delete_at`: when it will be deleted; until then its sites are closed for visitors.

    `shows_reading`: colleagues see who is reading a conversation. `operator_reports`: reports show single operators.
    """

    name: str
    created_at: int
    delete_at: int | None = None
    shows_reading: bool = True
    operator_reports: bool = True


class WorkspaceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The new values of a workspace. Absent fields do not change."""

    name: Name | None = None
    shows_reading: bool | None = None
    operator_reports: bool | None = None
