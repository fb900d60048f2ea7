"""Workspaces, sites, operators, visitors and their sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from crumbless.domain.access import Role, Session
from crumbless.domain.account_policy import AccountPolicy
from crumbless.domain.events import SessionEnded
from crumbless.domain.photo import photo_path
from crumbless.domain.visibility import UNLIMITED_ROLES
from crumbless.domain.wire import Operator
from crumbless.errors import ApiError
from crumbless.ids import new_id, now_ms
from crumbless.store.scope_store import read_scope
from crumbless.store.tables import operator, session, site, visitor, workspace
from crumbless.store.tables_people import account_policy
from crumbless.store.transaction import after_commit

EMAIL_TAKEN = "Another operator already uses this email address."


@dataclass(frozen=True, slots=True)
class Site:
    """A website that uses the chat."""

    id: int
    workspace: int
    key: str
    name: str
    origins: tuple[str, ...]
    accent: str | None
    side: str
    identity_mode: str = "off"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The stored data against which a sign-in is checked."""

    operator: Operator
    workspace: int
    # Empty: the operator has no password.
    password_hash: str
    active: bool = True


def add_workspace(connection: Connection, name: str) -> int:
    """Add a workspace and return its ID."""
    row = connection.execute(insert(workspace).values(name=name, position=0, created_at=now_ms()))
    key: Any = row.inserted_primary_key
    return int(key[0])


def find_workspace(connection: Connection, name: str) -> int | None:
    """Return the ID of the workspace with this name."""
    return connection.execute(select(workspace.c.id).where(workspace.c.name == name)).scalar()


def add_site(connection: Connection, workspace_id: int, key: str, name: str, origins: list[str]) -> None:
    """Add a site. `origins`: of the pages that may show its chat."""
    connection.execute(
        insert(site).values(workspace_id=workspace_id, key=key, name=name, origins=origins, created_at=now_ms())
    )


def set_site_origins(connection: Connection, key: str, origins: list[str]) -> None:
    """Replace the list of origins that may show the site's chat."""
    connection.execute(update(site).where(site.c.key == key).values(origins=origins))


def find_site(connection: Connection, key: str) -> Site | None:
    """Return the site with this public key."""
    row = connection.execute(select(site).where(site.c.key == key)).first()
    if row is None:
        return None
    return Site(
        row.id, row.workspace_id, row.key, row.name, tuple(row.origins), row.accent, row.side, row.identity_mode
    )


def add_operator(
    connection: Connection,
    workspace_id: int,
    email: str,
    name: str,
    password_hash: str,
    role: Role = "owner",
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
    person = Operator(row.id, row.name, row.email, row.role, row.workspace_name, photo, row.languages, scope)
    return Credentials(person, row.workspace_id, row.password_hash, row.status == "active")


def add_visitor(
    connection: Connection, of: Site, visitor_id: str, thumbprint: str | None, network: str | None = None
) -> None:
    """Add a visitor of the site, identified by a key (`thumbprint`). `network` is a keyed hash."""
    connection.execute(
        insert(visitor).values(
            id=visitor_id,
            workspace_id=of.workspace,
            site_id=of.id,
            thumbprint=thumbprint,
            name="",
            network_hash=network,
            created_at=now_ms(),
        )
    )


def note_visitor_network(connection: Connection, visitor_id: str, network: str) -> None:
    """Store the network from which the visitor last started a chat, as a keyed hash."""
    connection.execute(update(visitor).where(visitor.c.id == visitor_id).values(network_hash=network))


def find_visitor(connection: Connection, of: Site, thumbprint: str) -> str | None:
    """Return the ID of the site's visitor with this key."""
    return connection.execute(
        select(visitor.c.id).where(and_(visitor.c.site_id == of.id, visitor.c.thumbprint == thumbprint))
    ).scalar()


def add_session(
    connection: Connection,
    who: Session,
    token_hash: bytes,
    factors: str = "",
    device: str = "",
    time_zone_name: str = "",
    *,
    verified: bool = False,
) -> None:
    """Store a session. Only a hash of its token is stored.

    `factors`: those that were used, such as "password totp". `device` and `time_zone_name`: coarse texts for the list.
    `verified`: the site verified the visitor in this session.
    """
    is_visitor = who.role == "visitor"
    connection.execute(
        insert(session).values(
            id=who.id,
            workspace_id=who.workspace,
            token_hash=token_hash,
            thumbprint=who.thumbprint,
            operator_id=None if is_visitor else who.subject,
            visitor_id=who.subject if is_visitor else None,
            created_at=now_ms(),
            expires_at=who.expires_at,
            last_seen_at=now_ms(),
            authenticated_at=who.authenticated_at,
            factors=factors,
            device=device,
            time_zone_name=time_zone_name,
            verified=int(verified),
        )
    )


def find_session(connection: Connection, token_hash: bytes) -> Session | None:
    """Return the active session of this token. The caller checks its expiry, idle time and key."""
    row = connection.execute(_OF_TOKEN, {"token_hash": token_hash}).first()
    if row is None:
        return None
    found = _session(row)
    if row.operator_id:
        found.scope = None if row.scoped_at is None else read_scope(connection, row.operator_id)
    return found


def remove_visitor_sessions(connection: Connection, visitor_id: str) -> Sequence[Session]:
    """Delete all sessions of a visitor. Return those that were active."""
    rows = connection.execute(
        _sessions().where(and_(session.c.visitor_id == visitor_id, session.c.ended_at.is_(None)))
    ).all()
    connection.execute(delete(session).where(session.c.visitor_id == visitor_id))
    return _announce_end(connection, [_session(row) for row in rows])


def read_sessions(connection: Connection, *conditions: ColumnElement[bool]) -> list[Session]:
    """Return the sessions that match the conditions, without their operators' scopes. They are about to be ended."""
    return [_session(row) for row in connection.execute(_sessions().where(*conditions))]


def _sessions() -> Select[Any]:
    return (
        select(
            session,
            operator.c.name.label("operator_name"),
            operator.c.role,
            operator.c.changed_at,
            operator.c.scoped_at,
            visitor.c.name.label("visitor_name"),
            account_policy.c.second_factor_from,
            account_policy.c.provider_only,
            account_policy.c.session_hours,
            account_policy.c.idle_minutes,
        )
        .outerjoin(operator, operator.c.id == session.c.operator_id)
        .outerjoin(visitor, visitor.c.id == session.c.visitor_id)
        .outerjoin(account_policy, account_policy.c.workspace_id == operator.c.workspace_id)
    )


# Built once: see timeline_read.py.
_OF_TOKEN = _sessions().where(
    session.c.token_hash == bindparam("token_hash"),
    session.c.ended_at.is_(None),
    or_(operator.c.status.is_(None), operator.c.status == "active"),
)


def _session(row: Any) -> Session:
    # Without an operator or a policy, all these columns are null, and nothing is required.
    policy = AccountPolicy(row.second_factor_from, bool(row.provider_only), row.session_hours, row.idle_minutes)
    return Session(
        id=row.id,
        role=row.role if row.operator_id else "visitor",
        workspace=row.workspace_id,
        subject=row.operator_id or row.visitor_id,
        name=row.operator_name or row.visitor_name or "",
        thumbprint=row.thumbprint,
        expires_at=policy.end_of(row.created_at, row.expires_at, row.factors),
        authenticated_at=row.authenticated_at,
        seen_at=row.last_seen_at,
        changed_at=row.changed_at or 0,
        idle_ms=policy.idle_ms,
        second_factor_from=policy.second_factor_due(row.factors),
    )


def end_sessions(connection: Connection, ended: Sequence[Session]) -> None:
    """End these sessions: from the commit on their tokens are invalid and their streams close."""
    if ended:
        ids = [one.id for one in ended]
        connection.execute(update(session).where(session.c.id.in_(ids)).values(ended_at=now_ms()))
        _announce_end(connection, ended)


def _announce_end(connection: Connection, ended: Sequence[Session]) -> Sequence[Session]:
    for one in ended:
        after_commit(connection, SessionEnded(one))
    return ended


def set_factor_at(connection: Connection, session_id: str, at: int) -> None:
    """Store when the session's user last authenticated."""
    connection.execute(update(session).where(session.c.id == session_id).values(authenticated_at=at))
