"""Tickets: what may be used once and not for long, such as the secret in a link or a challenge."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from crumbless.errors import ApiError
from crumbless.ids import new_id, new_token, now_ms
from crumbless.store.tables_people import one_time_token

OneTimeTokenKind = Literal[
    "setup",
    "invitation",
    "reset",
    "email_change",
    "second_factor",
    "passkey_sign_in",
    "passkey_add",
    "passkey_join",
    "passkey_step_up",
    "totp_begin",
    "oidc",
    "continue_link",
    "continue_code",
]


@dataclass(frozen=True, slots=True)
class OneTimeToken:
    """A ticket that holds. `subject`: whom or what it is about; `data`: what its kind needs besides."""

    id: str
    kind: str
    workspace: int | None
    subject: str
    thumbprint: str | None
    data: Mapping[str, Any]
    attempts: int
    created_at: int
    expires_at: int


def secret_hash(secret: str) -> bytes:
    """What is kept of a secret. It has 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def new_one_time_token(
    connection: Connection,
    kind: OneTimeTokenKind,
    *,
    seconds: float,
    subject: str = "",
    workspace: int | None = None,
    thumbprint: str | None = None,
    data: Mapping[str, Any] | None = None,
    secret: str = "",
) -> tuple[str, str]:
    """A new ticket's id and secret. Only a hash of the secret is kept; `secret` may be given where people type it."""
    ticket_id = new_id()
    told = secret or new_token("crt_")
    now = now_ms()
    connection.execute(
        insert(one_time_token).values(
            id=ticket_id,
            workspace_id=workspace,
            kind=kind,
            secret_hash=secret_hash(told),
            subject=subject,
            thumbprint=thumbprint,
            data=dict(data or {}),
            attempts=0,
            created_at=now,
            expires_at=now + int(seconds * 1000),
        )
    )
    return ticket_id, told


def find_one_time_token(
    connection: Connection, kind: OneTimeTokenKind, secret: str, thumbprint: str | None = None
) -> OneTimeToken:
    """The ticket with this secret or id, unspent.

    Args:
        thumbprint: the key that asks. A ticket that was begun by a key is found only for that key.

    Raises:
        ApiError: `ticket_gone`, the same for one that never was, was spent, has expired or belongs to another key.
    """
    row = _standing(
        connection, kind, or_(one_time_token.c.secret_hash == secret_hash(secret), one_time_token.c.id == secret)
    )
    if row.thumbprint is not None and row.thumbprint != thumbprint:
        raise ApiError("ticket_gone")
    # What its maker did not bind to a key needs its secret: the id alone is told to others.
    if row.thumbprint is None and row.secret_hash != secret_hash(secret):
        raise ApiError("ticket_gone")
    return _one_time_token(row)


def _standing(connection: Connection, kind: OneTimeTokenKind, condition: ColumnElement[bool]) -> Any:
    row = connection.execute(
        select(one_time_token).where(
            condition,
            one_time_token.c.kind == kind,
            one_time_token.c.used_at.is_(None),
            one_time_token.c.expires_at > now_ms(),
        )
    ).first()
    if row is None:
        raise ApiError("ticket_gone")
    return row


def _one_time_token(row: Any) -> OneTimeToken:
    return OneTimeToken(
        row.id,
        row.kind,
        row.workspace_id,
        row.subject,
        row.thumbprint,
        row.data,
        row.attempts,
        row.created_at,
        row.expires_at,
    )


def spend_one_time_token(
    connection: Connection, kind: OneTimeTokenKind, secret: str, thumbprint: str | None = None
) -> OneTimeToken:
    """The ticket, which nobody can use again: of many at once, one wins.

    Raises:
        ApiError: `ticket_gone`, as `find_one_time_token`.
    """
    return _spend(connection, find_one_time_token(connection, kind, secret, thumbprint))


def spend_one_time_token_by_id(connection: Connection, kind: OneTimeTokenKind, ticket_id: str) -> OneTimeToken:
    """As `spend_one_time_token`, by the id alone: the secret was shown before, to who got a ticket that names this one.

    Raises:
        ApiError: `ticket_gone`.
    """
    return _spend(connection, _one_time_token(_standing(connection, kind, one_time_token.c.id == ticket_id)))


def _spend(connection: Connection, found: OneTimeToken) -> OneTimeToken:
    spent = connection.execute(
        update(one_time_token)
        .where(one_time_token.c.id == found.id, one_time_token.c.used_at.is_(None))
        .values(used_at=now_ms())
    )
    if not spent.rowcount:
        raise ApiError("ticket_gone")
    return found


def count_attempt(connection: Connection, ticket_id: str, limit: int) -> None:
    """One more wrong answer. After `most` of them the ticket is spent."""
    now = now_ms()
    connection.execute(
        update(one_time_token).where(one_time_token.c.id == ticket_id).values(attempts=one_time_token.c.attempts + 1)
    )
    connection.execute(
        update(one_time_token)
        .where(one_time_token.c.id == ticket_id, one_time_token.c.attempts >= limit, one_time_token.c.used_at.is_(None))
        .values(used_at=now)
    )


def void_one_time_tokens(connection: Connection, kind: OneTimeTokenKind, subject: str) -> None:
    """What was given out before for this subject is worth nothing from now on."""
    connection.execute(
        update(one_time_token)
        .where(one_time_token.c.kind == kind, one_time_token.c.subject == subject, one_time_token.c.used_at.is_(None))
        .values(used_at=now_ms())
    )


def void_one_time_tokens_of_password(connection: Connection, operator_id: str) -> None:
    """The operator's password is another one: what was begun with the former, perhaps by a thief, ends."""
    for kind in ("reset", "email_change", "second_factor"):
        void_one_time_tokens(connection, kind, operator_id)


def remove_one_time_tokens(connection: Connection, before: int, limit: int) -> int:
    """Remove tickets that expired before then (milliseconds), at most so many; how many there were."""
    old = select(one_time_token.c.id).where(one_time_token.c.expires_at < before).limit(limit).scalar_subquery()
    return connection.execute(delete(one_time_token).where(one_time_token.c.id.in_(old))).rowcount
