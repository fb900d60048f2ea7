"""Who may do what: the one table of permissions, which routes, stream commands and the desk all read.

The desk's copy (web/shared/permissions.ts) is made from it by tools/generate_wire.py.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal, get_args

from crumbless.domain.visibility import NOTHING, Scope
from crumbless.errors import ApiError

OperatorRole = Literal["owner", "admin", "operator", "analyst"]
Role = Literal["visitor", "owner", "admin", "operator", "analyst"]
Verb = Literal[
    # visitors and operators
    "read_conversation",
    "send_message",
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
]

_READS: frozenset[Verb] = frozenset({"read_conversation", "read_inbox", "read_people", "manage_own"})
_ANSWERS: frozenset[Verb] = frozenset(
    {"send_message", "add_note", "close_conversation", "show_typing", "mark_seen", "ban_visitor"}
)
_MANAGES: frozenset[Verb] = frozenset(
    {"manage_people", "manage_sites", "manage_workspace", "manage_security", "read_audit"}
)
_MAKES_OWNERS: frozenset[Verb] = frozenset({"manage_owners"})

PERMISSIONS: dict[Role, frozenset[Verb]] = {
    "visitor": frozenset(
        {
            "read_conversation",
            "send_message",
            "show_typing",
            "mark_seen",
            "erase_own",
            "export_own",
            "identify_own",
            "continue_own",
            "consent_own",
        }
    ),
    # Reads everything in the workspace's conversations, writes nothing but what is their own.
    "analyst": _READS,
    "operator": _READS | _ANSWERS,
    "admin": _READS | _ANSWERS | _MANAGES,
    # Besides what admins may: make and unmake owners.
    "owner": _READS | _ANSWERS | _MANAGES | _MAKES_OWNERS,
}


class Visibility(Enum):
    """The kind of things that a route names or reads. Every row of the route table declares one.

    Of CONVERSATION, SITE and TEAM an operator sees all, or those of a list: domain/visibility.py.
    """

    PUBLIC = "public"
    """Things that everyone may see, or that a secret names."""
    OWN = "own"
    """The caller's own account or conversations."""
    CONVERSATION = "conversation"
    """Conversations, which belong to a site and may be assigned to a team."""
    SITE = "site"
    """Sites and their settings."""
    TEAM = "team"
    """Teams."""
    WORKSPACE = "workspace"
    """Things of the whole workspace, which no limit to sites and teams divides."""


OPERATOR_ROLES: tuple[OperatorRole, ...] = get_args(OperatorRole)

STEP_UP_MS = 5 * 60_000
"""For how long a factor that was shown counts as fresh: dangerous acts ask for one."""

SKEW_MS = 60_000
"""By how much the clocks of two nodes may differ."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class Session:
    """Who acts: one signed-in operator or one visitor, on one device.

    `reach` contains the conversations that a visitor's session is known to reach, the newest first; operators have
    none. It repeats what the database says (store/visitor_reach.py), so that a message costs no read. Some may be
    missing from it, but it never contains one too many: a session loses no conversation while it lasts. `scope` is
    the operator's list of sites and teams, None for the whole workspace: read it through `visible`
    (domain/visibility.py). `thumbprint` is None for a session without a key (`bound` false). `authenticated_at` is when
    a
    factor (password, passkey, ...) was last shown in it, `seen_at` when this process last saw it used. `ended` is
    set the moment the session is revoked, so that every holder sees it at once. `changed_at` is when the
    operator's role, name, teams or status had last changed when the session was read. `idle_ms` is how long it may
    be unused by the workspace's account policy (0: as the settings say), and `second_factor_from` from when it may
    only set up a second factor (0: never).
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
        """Whether the session works only with its key."""
        return self.thumbprint is not None

    def alive(self, now: int) -> bool:
        """Whether the session may still act at `now` (milliseconds)."""
        return not self.ended and now < self.expires_at

    def only_sets_up(self, now: int) -> bool:
        """Return whether the session lacks a required second factor at `now`: it may only set one up."""
        return 0 < self.second_factor_from <= now

    def may(self, verb: Verb) -> bool:
        """Whether the session's role allows the verb."""
        return verb in PERMISSIONS[self.role]


def require(session: Session, verb: Verb) -> None:
    """Raises ApiError `forbidden` unless the session's role allows the verb."""
    if not session.may(verb):
        raise ApiError("forbidden")


def require_power_over(session: Session, role: Role) -> None:
    """Raises ApiError `forbidden` unless the session may make, change or disable somebody of that role."""
    if not has_power_over(session.role, role):
        raise ApiError("forbidden", "Only an owner may do this to an owner.")


def has_power_over(by: Role, role: Role) -> bool:
    """Return whether an operator of the role `by`, who manages people, may change those of the other role."""
    return role != "owner" or "manage_owners" in PERMISSIONS[by]


def may_invite(by: Role, role: Role) -> bool:
    """Return whether an operator of the role `by` may send an invitation to join with the other role."""
    return "manage_people" in PERMISSIONS[by] and has_power_over(by, role)


def is_recent(authenticated_at: int, now: int) -> bool:
    """Return whether a factor shown at `authenticated_at` counts as fresh. One from the future does not."""
    return -SKEW_MS <= now - authenticated_at <= STEP_UP_MS


def later_authentication(one: int, other: int, now: int) -> int:
    """Return the later of two times at which a factor was shown, but one from the future only if both are."""
    return max((at for at in (one, other) if at - now <= SKEW_MS), default=min(one, other))


def require_step_up(session: Session, now: int) -> None:
    """Raises ApiError `step_up` unless a factor was shown within the last five minutes.

    Script that runs in the page can use the session's key, but it has no password, code or passkey.
    """
    if not is_recent(session.authenticated_at, now):
        raise ApiError("step_up")


def require_conversation(session: Session, conversation: str) -> None:
    """Raises ApiError `unknown_conversation` if a visitor names a conversation that the session is not known to reach.

    Operators are held to their workspace where the conversation's workspace is known: in the ledger's transaction
    and in the reads, which all filter by workspace.
    """
    if session.role == "visitor" and conversation not in session.reach:
        raise ApiError("unknown_conversation")
