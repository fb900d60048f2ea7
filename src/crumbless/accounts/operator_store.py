"""Operators and their credentials: adds and finds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, now_ms
from crumbless.files.photo import photo_path
from crumbless.ledger.tables import workspace
from crumbless.protocol.frames import Operator
from crumbless.realtime.tables import operator
from crumbless.security.access import Role
from crumbless.security.visibility import UNLIMITED_ROLES

EMAIL_TAKEN = "Another operator already uses this email address."


@dataclass(frozen=True, slots=True)
class Credentials:
    """The stored data against which a sign-in is checked."""

    operator: Operator
    workspace: int
    # Empty: the operator has no password.
    password_hash: str
    active: bool = True


def add_operator(
    connection: Connection,
    workspace_id: int,
    email: str,
    name: str,
    password_hash: str,
    role: Role = "owner",
    *,
    languages: Sequence[str] = (),
    operator_id: str = "",
) -> str:
    """Add an operator and return the ID. An empty `password_hash`: they sign in without a password.

    Raises:
        ApiError: `invalid` if another operator has this address.
    """
    if find_credentials(connection, email) is not None:
        raise ApiError("invalid", EMAIL_TAKEN)
    operator_id = operator_id or new_id()
    new = insert(operator).values(
        id=operator_id,
        workspace_id=workspace_id,
        email=email.lower(),
        name=name,
        role=role,
        password_hash=password_hash,
        languages=[*languages],
        created_at=now_ms(),
    )
    try:
        connection.execute(new)
    except IntegrityError:
        # Another node has just stored the same address.
        raise ApiError("invalid", EMAIL_TAKEN) from None
    return operator_id


def find_credentials(connection: Connection, email: str) -> Credentials | None:
    """Return the credentials of the operator with this email address (ignoring case)."""
    return _credentials(connection, _BY_EMAIL, {"email": email.lower()})


def find_operator(connection: Connection, operator_id: str) -> Operator | None:
    """Return the operator in the form that the desk shows."""
    found = _credentials(connection, _BY_ID, {"operator": operator_id})
    return found and found.operator


def find_active_operator(connection: Connection, operator_id: str) -> Credentials | None:
    """Return the credentials of this operator, or None if the operator is disabled."""
    found = _credentials(connection, _BY_ID, {"operator": operator_id})
    return found if found and found.active else None


_CREDENTIALS = select(operator, workspace.c.name.label("workspace_name")).join(
    workspace, workspace.c.id == operator.c.workspace_id
)
_BY_EMAIL = _CREDENTIALS.where(operator.c.email == bindparam("email"))
_BY_ID = _CREDENTIALS.where(operator.c.id == bindparam("operator"))


def _credentials(connection: Connection, query: Select[Any], values: dict[str, str]) -> Credentials | None:
    row = connection.execute(query, values).first()
    if row is None:
        return None
    scope = 0 if row.role in UNLIMITED_ROLES else row.scoped_at or 0
    photo = photo_path(row.photo)
    person = Operator(
        id=row.id,
        name=row.name,
        email=row.email,
        role=row.role,
        workspace_name=row.workspace_name,
        photo=photo,
        languages=row.languages,
        scope=scope,
    )
    return Credentials(person, row.workspace_id, row.password_hash, row.status == "active")


def claim_attempts_mail(connection: Connection, operator_id: str, now: int, pause_ms: int) -> bool:
    """Return whether the operator may be notified of wrong attempts at `now`, and store that they were.

    A time in the future was stored by a wrong clock and does not count.
    """
    mailed_at = operator.c.attempts_mailed_at
    due = or_(mailed_at.is_(None), mailed_at <= now - pause_ms, mailed_at > now)
    claimed = connection.execute(
        update(operator).where(operator.c.id == operator_id, due).values(attempts_mailed_at=now)
    )
    return claimed.rowcount > 0
