"""The factors by which operators sign in: password, authenticator app, recovery codes and passkeys."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from crumbless.accounts.tables import passkey, recovery_code
from crumbless.core.ids import new_id, now_ms
from crumbless.realtime.tables import operator


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of an operator. `credential` is its ID in base64url."""

    id: str
    workspace: int
    operator: str
    credential: str
    public_key: bytes
    sign_count: int
    transports: Sequence[str]
    backed_up: bool
    name: str
    created_at: int
    last_used_at: int | None


def set_password_hash(connection: Connection, operator_id: str, password_hash: str) -> None:
    """Replace the operator's password."""
    connection.execute(update(operator).where(operator.c.id == operator_id).values(password_hash=password_hash))


# --- authenticator app --------------------------------------------------------------------------------------------


def find_totp_secret(connection: Connection, operator_id: str) -> bytes | None:
    """Return the encrypted secret, or None if the operator has no authenticator app."""
    return connection.execute(select(operator.c.totp_secret).where(operator.c.id == operator_id)).scalar()


def set_totp_secret(connection: Connection, operator_id: str, sealed: bytes | None, step: int = 0) -> None:
    """Require codes of this secret from now on; the code of `step` is already used. None: require no codes."""
    connection.execute(update(operator).where(operator.c.id == operator_id).values(totp_secret=sealed, totp_step=step))


def take_totp_step(connection: Connection, operator_id: str, step: int) -> bool:
    """Mark the code of this step as used. Return False if it or a later one was used (RFC 6238, section 5.2)."""
    taken = connection.execute(
        update(operator).where(operator.c.id == operator_id, operator.c.totp_step < step).values(totp_step=step)
    )
    return taken.rowcount > 0


# --- recovery codes -----------------------------------------------------------------------------------------------


def replace_recovery_codes(
    connection: Connection, workspace: int, operator_id: str, codes: Sequence[str], key: bytes
) -> None:
    """Replace the operator's codes. Only hashes are stored, made with `key`, which is not in the database."""
    connection.execute(delete(recovery_code).where(recovery_code.c.operator_id == operator_id))
    if codes:
        rows = [
            {"workspace_id": workspace, "operator_id": operator_id, "code_hash": _code_hash(key, operator_id, code)}
            for code in codes
        ]
        connection.execute(insert(recovery_code), rows)


def take_recovery_code(connection: Connection, operator_id: str, code: str, key: bytes) -> bool:
    """Mark one of the operator's codes as used. Return False if it is unknown or already used."""
    taken = connection.execute(
        update(recovery_code)
        .where(
            recovery_code.c.operator_id == operator_id,
            recovery_code.c.code_hash == _code_hash(key, operator_id, code),
            recovery_code.c.used_at.is_(None),
        )
        .values(used_at=now_ms())
    )
    return taken.rowcount > 0


def count_recovery_codes(connection: Connection, operator_id: str) -> int:
    """Return the number of unused codes."""
    query = select(func.count()).where(recovery_code.c.operator_id == operator_id, recovery_code.c.used_at.is_(None))
    return connection.execute(query).scalar_one()


def _code_hash(key: bytes, operator_id: str, code: str) -> bytes:
    # With a key: a code has 50 random bits, so an attacker with a copy of the database could find it from a plain hash.
    return hmac.digest(key, f"{operator_id} {code}".encode(), "sha256")


# --- passkeys -----------------------------------------------------------------------------------------------------


def add_passkey(
    connection: Connection,
    workspace: int,
    operator_id: str,
    *,
    credential: str,
    public_key: bytes,
    sign_count: int,
    transports: Sequence[str],
    backed_up: bool,
    name: str,
) -> bool:
    """Store a passkey for the operator. Return False if any operator has registered it already."""
    if find_passkey(connection, credential) is not None:
        return False
    connection.execute(
        insert(passkey).values(
            id=new_id(),
            workspace_id=workspace,
            operator_id=operator_id,
            credential=credential,
            public_key=public_key,
            sign_count=sign_count,
            transports=[*transports],
            backed_up=int(backed_up),
            name=name,
            created_at=now_ms(),
        )
    )
    return True


def find_passkey(connection: Connection, credential: str) -> Passkey | None:
    """Return the passkey with this credential ID."""
    return next(iter(_passkeys(connection, passkey.c.credential == credential)), None)


def passkeys_of(connection: Connection, operator_id: str) -> list[Passkey]:
    """Return the operator's passkeys, oldest first."""
    return _passkeys(connection, passkey.c.operator_id == operator_id)


def _passkeys(connection: Connection, condition: object) -> list[Passkey]:
    query = select(passkey).where(condition).order_by(passkey.c.created_at)  # pyright: ignore[reportArgumentType]
    return [
        Passkey(
            id=row.id,
            workspace=row.workspace_id,
            operator=row.operator_id,
            credential=row.credential,
            public_key=row.public_key,
            sign_count=row.sign_count,
            transports=row.transports,
            backed_up=bool(row.backed_up),
            name=row.name,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
        )
        for row in connection.execute(query)
    ]


def note_passkey_used(connection: Connection, credential: str, sign_count: int) -> None:
    """Record that the passkey was used just now, and its new signature counter."""
    connection.execute(
        update(passkey).where(passkey.c.credential == credential).values(sign_count=sign_count, last_used_at=now_ms())
    )


def rename_passkey(connection: Connection, operator_id: str, passkey_id: str, name: str) -> bool:
    """Rename the operator's passkey. Return False if there is no such passkey."""
    renamed = connection.execute(
        update(passkey).where(passkey.c.id == passkey_id, passkey.c.operator_id == operator_id).values(name=name)
    )
    return renamed.rowcount > 0


def remove_passkey(connection: Connection, operator_id: str, passkey_id: str) -> bool:
    """Delete the operator's passkey. Return False if there is no such passkey."""
    removed = connection.execute(
        delete(passkey).where(passkey.c.id == passkey_id, passkey.c.operator_id == operator_id)
    )
    return removed.rowcount > 0
