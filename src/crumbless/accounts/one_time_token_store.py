"""One-time tokens: short-lived secrets that work once, such as those in links and challenges."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from crumbless.accounts.tables import one_time_token
from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, new_token, now_ms

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
    """A valid token. `subject`: the ID of the operator, invitation or conversation; `data`: depends on the kind."""

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
    """Return the stored form of a secret. It has 256 random bits, so a plain hash is enough."""
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
    """Create a token and return its ID and secret. Only a hash of the secret is stored. `secret`: for one that people
    type."""
    token_id = new_id()
    plain = secret or new_token("crt_")
    now = now_ms()
    connection.execute(
        insert(one_time_token).values(
            id=token_id,
            workspace_id=workspace,
            kind=kind,
            secret_hash=secret_hash(plain),
            subject=subject,
            thumbprint=thumbprint,
            data=dict(data or {}),
            attempts=0,
            created_at=now,
            expires_at=now + int(seconds * 1000),
        )
    )
    return token_id, plain


def find_one_time_token(
    connection: Connection, kind: OneTimeTokenKind, secret: str, thumbprint: str | None = None
) -> OneTimeToken:
    """Return the unused token with this secret or ID.

    Args:
        thumbprint: the client's key. A token that is bound to a key is found only with this key.

    Raises:
        ApiError: `ticket_gone`. The error is the same for unknown, used and expired tokens and those of another key.
    """
    row = _find_valid(
        connection, kind, or_(one_time_token.c.secret_hash == secret_hash(secret), one_time_token.c.id == secret)
    )
    if row.thumbprint is not None and row.thumbprint != thumbprint:
        raise ApiError("ticket_gone")
    # A token that is not bound to a key needs its secret: other clients may know its ID.
    if row.thumbprint is None and row.secret_hash != secret_hash(secret):
        raise ApiError("ticket_gone")
    return _one_time_token(row)


def _find_valid(connection: Connection, kind: OneTimeTokenKind, condition: ColumnElement[bool]) -> Any:
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
        id=row.id,
        kind=row.kind,
        workspace=row.workspace_id,
        subject=row.subject,
        thumbprint=row.thumbprint,
        data=row.data,
        attempts=row.attempts,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def spend_one_time_token(
    connection: Connection, kind: OneTimeTokenKind, secret: str, thumbprint: str | None = None
) -> OneTimeToken:
    """Mark the token as used and return it. Of several concurrent requests, one succeeds.

    Raises:
        ApiError: `ticket_gone`, as `find_one_time_token`.
    """
    return _spend(connection, find_one_time_token(connection, kind, secret, thumbprint))


def spend_one_time_token_by_id(connection: Connection, kind: OneTimeTokenKind, token_id: str) -> OneTimeToken:
    """Mark a token as used by its ID alone. The client has shown its secret before and got another token for this step.

    Raises:
        ApiError: `ticket_gone`.
    """
    return _spend(connection, _one_time_token(_find_valid(connection, kind, one_time_token.c.id == token_id)))


def _spend(connection: Connection, found: OneTimeToken) -> OneTimeToken:
    spent = connection.execute(
        update(one_time_token)
        .where(one_time_token.c.id == found.id, one_time_token.c.used_at.is_(None))
        .values(used_at=now_ms())
    )
    if not spent.rowcount:
        raise ApiError("ticket_gone")
    return found


def count_attempt(connection: Connection, token_id: str, limit: int) -> None:
    """Count a wrong attempt. After `limit` of them the token is marked as used."""
    now = now_ms()
    connection.execute(
        update(one_time_token).where(one_time_token.c.id == token_id).values(attempts=one_time_token.c.attempts + 1)
    )
    connection.execute(
        update(one_time_token)
        .where(one_time_token.c.id == token_id, one_time_token.c.attempts >= limit, one_time_token.c.used_at.is_(None))
        .values(used_at=now)
    )


def void_one_time_tokens(connection: Connection, kind: OneTimeTokenKind, subject: str) -> None:
    """Invalidate all earlier tokens of this kind and subject."""
    connection.execute(
        update(one_time_token)
        .where(one_time_token.c.kind == kind, one_time_token.c.subject == subject, one_time_token.c.used_at.is_(None))
        .values(used_at=now_ms())
    )


def delete_one_time_tokens(
    connection: Connection, kinds: Collection[OneTimeTokenKind], subjects: Collection[str]
) -> None:
    """Delete all tokens of these kinds and subjects, used ones too."""
    connection.execute(
        delete(one_time_token).where(one_time_token.c.kind.in_([*kinds]), one_time_token.c.subject.in_([*subjects]))
    )


def addresses_to_confirm(connection: Connection, operator_id: str) -> list[str]:
    """Return the new addresses that the operator has asked for and perhaps not confirmed."""
    of_operator = one_time_token.c.kind == "email_change", one_time_token.c.subject == operator_id
    return [data["email"] for data in connection.execute(select(one_time_token.c.data).where(*of_operator)).scalars()]


def delete_tokens_of(connection: Connection, operator_id: str) -> int:
    """Delete all tokens for an operator, used ones too. Return their number."""
    return connection.execute(delete(one_time_token).where(one_time_token.c.subject == operator_id)).rowcount


def void_one_time_tokens_of_password(connection: Connection, operator_id: str) -> None:
    """Invalidate the operator's tokens after a password change. An attacker may have begun them with the old
    password."""
    for kind in ("reset", "email_change", "second_factor"):
        void_one_time_tokens(connection, kind, operator_id)


def remove_one_time_tokens(connection: Connection, before: int, limit: int) -> int:
    """Delete tokens that expired before this time (milliseconds), at most `limit`. Return their number."""
    old = select(one_time_token.c.id).where(one_time_token.c.expires_at < before).limit(limit).scalar_subquery()
    return connection.execute(delete(one_time_token).where(one_time_token.c.id.in_(old))).rowcount
