"""Invitations of operators to a workspace."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, now_ms
from crumbless.people.tables import invitation
from crumbless.realtime.tables import operator
from crumbless.security.access import OperatorRole


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that is neither accepted nor revoked. `invited_by` is the inviter's name, `inviter` the ID."""

    id: str
    workspace: int
    email: str
    name: str
    role: OperatorRole
    teams: tuple[str, ...]
    language: str
    invited_by: str
    inviter: str
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation to be stored. `invited_by` is the inviter's ID."""

    email: str
    name: str
    role: OperatorRole
    teams: Sequence[str]
    language: str
    invited_by: str
    expires_at: int


def add_invitation(connection: Connection, workspace: int, new: NewInvitation) -> str:
    """Store a new invitation and return its ID."""
    invitation_id = new_id()
    connection.execute(
        insert(invitation).values(
            id=invitation_id,
            workspace_id=workspace,
            email=new.email,
            name=new.name,
            role=new.role,
            teams=[*new.teams],
            language=new.language,
            invited_by=new.invited_by,
            created_at=now_ms(),
            expires_at=new.expires_at,
        )
    )
    return invitation_id


def pending_invitations(connection: Connection, workspace: int, email: str | None = None) -> list[Invitation]:
    """Return the workspace's pending invitations, newest first; if `email` is given, only those to this address."""
    conditions = [] if email is None else [invitation.c.email == email]
    return _pending(connection, invitation.c.workspace_id == workspace, *conditions)


def invitations_by(connection: Connection, workspace: int, inviter: str) -> list[Invitation]:
    """Return the workspace's pending invitations that this operator (an ID) sent, newest first."""
    return _pending(connection, invitation.c.workspace_id == workspace, invitation.c.invited_by == inviter)


def find_invitation(connection: Connection, workspace: int, invitation_id: str) -> Invitation:
    """Return the pending invitation of this workspace.

    Raises:
        ApiError: `not_found`, also for one of another workspace.
    """
    found = _pending(connection, invitation.c.workspace_id == workspace, invitation.c.id == invitation_id)
    if not found:
        raise ApiError("not_found", "There is no such invitation.")
    return found[0]


def _pending(connection: Connection, *conditions: Any) -> list[Invitation]:
    rows = connection.execute(
        select(invitation, operator.c.name.label("inviter"))
        .outerjoin(operator, operator.c.id == invitation.c.invited_by)
        .where(invitation.c.accepted_at.is_(None), invitation.c.revoked_at.is_(None), *conditions)
        .order_by(invitation.c.created_at.desc())
    )
    return [
        Invitation(
            id=row.id,
            workspace=row.workspace_id,
            email=row.email,
            name=row.name,
            role=row.role,
            teams=tuple(row.teams),
            language=row.language,
            invited_by=row.inviter or "",
            inviter=row.invited_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in rows
    ]


def extend_invitation(connection: Connection, invitation_id: str, by: str, expires_at: int) -> None:
    """Record that the operator `by` (an ID) sent the invitation again, and extend it to `expires_at`."""
    _change(connection, invitation_id, invited_by=by, expires_at=expires_at)


def change_sender(connection: Connection, invitation_id: str, by: str) -> None:
    """Make the operator `by` (an ID) the sender of the invitation. Its link stays valid."""
    _change(connection, invitation_id, invited_by=by)


def revoke_invitation(connection: Connection, invitation_id: str) -> None:
    """Revoke the invitation, and delete the invited person's name and address."""
    _change(connection, invitation_id, revoked_at=now_ms(), email="", name="")


def note_accepted(connection: Connection, invitation_id: str) -> None:
    """Record that the invited person has joined, and delete the name and address, which the operator has now."""
    _change(connection, invitation_id, accepted_at=now_ms(), email="", name="")


def _change(connection: Connection, invitation_id: str, **values: object) -> None:
    connection.execute(update(invitation).where(invitation.c.id == invitation_id).values(**values))
