"""The operators of a workspace: profile, role and status."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from crumbless.accounts.operator_store import EMAIL_TAKEN, find_credentials
from crumbless.accounts.tables import passkey
from crumbless.core.errors import ApiError
from crumbless.people.people_wire import OperatorResponse, PersonScope
from crumbless.people.scope_store import list_scopes
from crumbless.people.tables import team_member
from crumbless.realtime.operator_change import change_operators
from crumbless.realtime.tables import operator, session
from crumbless.security.access import OperatorRole
from crumbless.security.visibility import UNLIMITED_ROLES

ANONYMOUS = "anonymous"
"""The status of an operator whose personal data was deleted. The row remains, because entries have its ID."""


@dataclass(frozen=True, slots=True)
class Member:
    """An operator, for the actions that change operators."""

    id: str
    workspace: int
    email: str
    name: str
    role: OperatorRole
    active: bool
    languages: tuple[str, ...]


def find_member(connection: Connection, workspace: int, operator_id: str) -> Member:
    """Return the operator of this workspace.

    Raises:
        ApiError: `not_found`, also for one of another workspace, and for one who was made anonymous.
    """
    mine = operator.c.workspace_id == workspace, operator.c.status != ANONYMOUS
    row = connection.execute(select(operator).where(operator.c.id == operator_id, *mine)).first()
    if row is None:
        raise ApiError("not_found", "There is no such operator.")
    return _member(row)


def find_sender(connection: Connection, workspace: int, operator_id: str, *, lock: bool) -> Member | None:
    """Return the operator of this workspace who sent an invitation.

    Args:
        lock: until the transaction ends, no other transaction can change their role or status.
    """
    query = select(operator).where(operator.c.id == operator_id, operator.c.workspace_id == workspace)
    row = connection.execute(query.with_for_update(read=True) if lock else query).first()
    return None if row is None else _member(row)


def find_member_by_email(connection: Connection, email: str) -> Member | None:
    """Return the operator with this email address (ignoring case), in any workspace."""
    row = connection.execute(select(operator).where(operator.c.email == email.lower())).first()
    return None if row is None else _member(row)


def list_members(connection: Connection) -> list[Member]:
    """Return the operators of the installation, by workspace and name, without those who were made anonymous."""
    known = select(operator).where(operator.c.status != ANONYMOUS)
    rows = connection.execute(known.order_by(operator.c.workspace_id, operator.c.name))
    return [_member(row) for row in rows]


def _member(row: Any) -> Member:
    return Member(
        id=row.id,
        workspace=row.workspace_id,
        email=row.email,
        name=row.name,
        role=row.role,
        active=row.status == "active",
        languages=tuple(row.languages or ()),
    )


def has_owner(connection: Connection, workspace: int | None = None) -> bool:
    """Return whether the workspace, or any workspace if None, has an owner."""
    query = select(operator.c.id).where(operator.c.role == "owner").limit(1)
    if workspace is not None:
        query = query.where(operator.c.workspace_id == workspace)
    return connection.execute(query).scalar() is not None


def lock_active_owners(connection: Connection, workspace: int) -> set[str]:
    """Return the IDs of the workspace's active owners. No other transaction can change them until this one ends."""
    rows = connection.execute(
        select(operator.c.id)
        .where(operator.c.workspace_id == workspace, operator.c.role == "owner", operator.c.status == "active")
        .order_by(operator.c.id)
        .with_for_update()
    )
    return {*rows.scalars()}


def set_role(connection: Connection, operator_id: str, role: OperatorRole) -> None:
    """Set the operator's role."""
    _change(connection, operator_id, role=role)


def set_active(connection: Connection, operator_id: str, active: bool) -> None:
    """Set whether the operator may sign in."""
    _change(connection, operator_id, status="active" if active else "disabled")


def set_profile(connection: Connection, operator_id: str, name: str, languages: list[str]) -> None:
    """Set the operator's name and languages."""
    _change(connection, operator_id, name=name, languages=languages)


def set_email(connection: Connection, operator_id: str, email: str) -> None:
    """Set the operator's email address.

    Raises:
        ApiError: `invalid` if another operator has this address.
    """
    if find_credentials(connection, email) is not None:
        raise ApiError("invalid", EMAIL_TAKEN)
    try:
        _change(connection, operator_id, email=email.lower())
    except IntegrityError:
        # Another node has just stored the same address.
        raise ApiError("invalid", EMAIL_TAKEN) from None


def _change(connection: Connection, operator_id: str, **values: object) -> None:
    change_operators(connection, operator.c.id == operator_id, **values)


def list_operators(connection: Connection, workspace: int) -> list[OperatorResponse]:
    """Return the operators of a workspace, by name, without those who were made anonymous."""
    teams: dict[str, list[str]] = defaultdict(list)
    members = select(team_member.c.operator_id, team_member.c.team_id).where(team_member.c.workspace_id == workspace)
    for operator_id, team_id in connection.execute(members.order_by(team_member.c.team_id)):
        teams[operator_id].append(team_id)
    with_passkey = {
        *connection.execute(select(passkey.c.operator_id).where(passkey.c.workspace_id == workspace)).scalars()
    }
    last_seen = _last_seen(connection, workspace)
    scopes = list_scopes(connection, workspace)
    everything = PersonScope(True)
    known = select(operator).where(operator.c.workspace_id == workspace, operator.c.status != ANONYMOUS)
    rows = connection.execute(known.order_by(operator.c.name))
    return [
        OperatorResponse(
            id=row.id,
            name=row.name,
            email=row.email,
            role=row.role,
            status=row.status,
            teams=teams.get(row.id, []),
            languages=row.languages or [],
            scope=everything if row.role in UNLIMITED_ROLES else scopes.get(row.id, everything),
            photo=f"/files/{row.photo}/photo.webp" if row.photo else "",
            second_factor=row.totp_secret is not None or row.id in with_passkey,
            created_at=row.created_at,
            last_seen_at=last_seen.get(row.id),
        )
        for row in rows
    ]


def _last_seen(connection: Connection, workspace: int) -> dict[str, int]:
    rows = connection.execute(
        select(session.c.operator_id, func.max(session.c.last_seen_at))
        .join(operator, operator.c.id == session.c.operator_id)
        .where(operator.c.workspace_id == workspace)
        .group_by(session.c.operator_id)
    )
    return {row[0]: row[1] for row in rows}
