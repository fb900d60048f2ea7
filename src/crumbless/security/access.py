"""The table of permissions, which routes, stream commands and the desk all use.

The desk's copy (web/wire/permissions.ts) is generated from it by tools/generate_wire.py.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal, get_args

from crumbless.core.errors import ApiError
from crumbless.core.time_units import MINUTE_MS
from crumbless.security.visibility import NOTHING, Scope

OperatorRole = Literal["owner", "admin", "operator", "analyst"]
Role = Literal["visitor", "owner", "admin", "operator", "analyst"]
Verb = Literal[
    # visitors and operators
    "read_conversation",
    "send_message",
    "edit_message",
    "delete_message",
    "react",
    "show_typing",
    "mark_seen",
    # visitors
    "erase_own",
    "export_own",
    "identify_own",
    "continue_own",
    "consent_own",
    # operators
    "close_conversation",
    "add_note",
    "assign_conversation",
    "set_label",
    "set_priority",
    "snooze_conversation",
    "moderate_messages",
    "read_inbox",
    "ban_visitor",
    "read_people",
    "manage_own",
    "manage_people",
    "manage_owners",
    "manage_sites",
    "manage_workspace",
    "manage_security",
    "read_audit",
    "erase_data",
    "delete_workspace",
]

_READS: frozenset[Verb] = frozenset({"read_conversation", "read_inbox", "read_people", "manage_own"})
_ANSWERS: frozenset[Verb] = frozenset(
    {
        "send_message",
        "edit_message",
        "delete_message",
        "react",
        "add_note",
        "assign_conversation",
        "set_label",
        "set_priority",
        "snooze_conversation",
        "close_conversation",
        "show_typing",
        "mark_seen",
        "ban_visitor",
    }
)
_MANAGES: frozenset[Verb] = frozenset(
    {
        "manage_people",
        "manage_sites",
        "manage_workspace",
        "manage_security",
        "read_audit",
        "erase_data",
        "moderate_messages",
    }
)
_OWNS: frozenset[Verb] = frozenset({"manage_owners", "delete_workspace"})

PERMISSIONS: dict[Role, frozenset[Verb]] = {
    "visitor": frozenset(
        {
            "read_conversation",
            "send_message",
            "edit_message",
            "delete_message",
            "react",
            "show_typing",
            "mark_seen",
            "erase_own",
            "export_own",
            "identify_own",
            "continue_own",
            "consent_own",
        }
    ),
    # Reads all conversations of the workspace; changes only its own account.
    "analyst": _READS,
    "operator": _READS | _ANSWERS,
    "admin": _READS | _ANSWERS | _MANAGES,
    # Like an admin, and can also add and remove owners, and delete the workspace.
    "owner": _READS | _ANSWERS | _MANAGES | _OWNS,
}


class Visibility(Enum):
    """The kind of data that a route reads or changes. Every row of the route table declares one.

    An operator sees all of CONVERSATION, SITE and TEAM, or only those of a list (security/visibility.py).
    """

    PUBLIC = "public"
    """Data that everyone may see, or that needs a secret."""
    OWN = "own"
    """The caller's own account or conversations."""
    CONVERSATION = "conversation"
    """Conversations, which belong to a site and may be assigned to a team."""
    SITE = "site"
    """Sites and their settings."""
    TEAM = "team"
    """Teams."""
    WORKSPACE = "workspace"
    """Data of the whole workspace, which is not limited by lists of sites and teams."""


OPERATOR_ROLES: tuple[OperatorRole, ...] = get_args(OperatorRole)

STEP_UP_MS = 5 * MINUTE_MS
"""How long an authentication counts as recent. Sensitive changes require a recent one."""

SKEW_MS = MINUTE_MS
"""How much the clocks of two nodes may differ."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class Session:
    """An authenticated operator or visitor on one device.

    `reach` contains the conversations that a visitor's session is known to have access to, newest first; operators have
    none. It is a copy of the database's state (visitors/visitor_reach.py), so that a message costs no read. Some may be
    missing, but it never contains one too many: a session loses no conversation while it lasts.

    `scope` is the operator's list of sites and teams, None for the whole workspace. Read it through `visible`
    (security/visibility.py).

    `thumbprint`: None for a session without a key (`bound` false). `authenticated_at` is the time of the last
    authentication by a factor (password, passkey, ...). `seen_at` is the last use that this process knows. `ended` is
    set at once when the session is revoked, for all users of the object. `changed_at` is the last change of the
    operator's role, name, teams or status when the session was read.

    `idle_ms` is the idle time of the workspace's account policy (0: that of the settings). `second_factor_from` is the
    time from which the session may only set up a second factor (0: never).
    """

    id: str
    role: Role
    workspace: int
    subject: str
    name: str
    thumbprint: str | None
    expires_at: int
    reach: tuple[str, ...] = ()
    ended: bool = False
    authenticated_at: int = 0
    seen_at: int = 0
    changed_at: int = 0
    idle_ms: int = 0
    second_factor_from: int = 0
    scope: Scope | None = NOTHING

    @property
    def bound(self) -> bool:
        """Return whether the session works only with its key."""
        return self.thumbprint is not None

    def alive(self, now: int) -> bool:
        """Return whether the session is valid at `now` (milliseconds)."""
        return not self.ended and now < self.expires_at

    def only_sets_up(self, now: int) -> bool:
        """Return whether the session lacks a required second factor at `now`. It may only set one up then."""
        return 0 < self.second_factor_from <= now

    def may(self, verb: Verb) -> bool:
        """Return whether the session's role allows the verb."""
        return verb in PERMISSIONS[self.role]


def require(session: Session, verb: Verb) -> None:
    """Raises ApiError `forbidden` unless the session's role allows the verb."""
    if not session.may(verb):
        raise ApiError("forbidden")


def require_power_over(session: Session, role: Role) -> None:
    """Raises ApiError `forbidden` unless the session may add, change or disable an operator of that role."""
    if not has_power_over(session.role, role):
        raise ApiError("forbidden", "Only an owner can add or change owners.")


def has_power_over(by: Role, role: Role) -> bool:
    """Return whether an operator of the role `by`, who manages people, may change those of the other role."""
    return role != "owner" or "manage_owners" in PERMISSIONS[by]


def may_invite(by: Role, role: Role) -> bool:
    """Return whether an operator of the role `by` may send an invitation to join with the other role."""
    return "manage_people" in PERMISSIONS[by] and has_power_over(by, role)


def is_recent(authenticated_at: int, now: int) -> bool:
    """Return whether an authentication at `authenticated_at` counts as recent. One in the future does not."""
    return -SKEW_MS <= now - authenticated_at <= STEP_UP_MS


def later_authentication(one: int, other: int, now: int) -> int:
    """Return the later of two authentication times. One in the future is returned only if both are."""
    return max((at for at in (one, other) if at - now <= SKEW_MS), default=min(one, other))


def require_step_up(session: Session, now: int) -> None:
    """Raises ApiError `step_up` unless the user has authenticated within the last five minutes.

    A malicious script in the page can use the session's key, but it has no password, code or passkey.
    """
    if not is_recent(session.authenticated_at, now):
        raise ApiError("step_up")


def require_conversation(session: Session, conversation: str) -> None:
    """Raises ApiError `unknown_conversation` if a visitor names a conversation that is not in the session's `reach`.

    For operators the workspace is checked in the ledger's transaction and in the reads, which all filter by workspace.
    """
    if session.role == "visitor" and conversation not in session.reach:
        raise ApiError("unknown_conversation")
