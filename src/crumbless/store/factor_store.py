"""What operators show to sign in: password, authenticator app, recovery codes, passkeys."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from crumbless.ids import new_id, now_ms
from crumbless.store.tables import operator
from crumbless.store.tables_people import passkey, recovery_code


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey that signs an operator in. `credential` is its id in base64url."""

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
    """The sealed secret; None when the operator has no authenticator app."""
    return connection.execute(select(operator.c.totp_secret).where(operator.c.id == operator_id)).scalar()


def set_totp_secret(connection: Connection, operator_id: str, sealed: bytes | None, step: int = 0) -> None:
    """Let codes of this secret be asked for from now on; the one of `step` was taken already. None: ask no more."""
    connection.execute(update(operator).where(operator.c.id == operator_id).values(totp_secret=sealed, totp_step=step))


def take_totp_step(connection: Connection, operator_id: str, step: int) -> bool:
    """Whether the code of this step may be taken: each is taken once (RFC 6238, section 5.2), and none out of order."""
    taken = connection.execute(
        update(operator).where(operator.c.id == operator_id, operator.c.totp_step < step).values(totp_step=step)
    )
    return taken.rowcount > 0


# --- recovery codes -----------------------------------------------------------------------------------------------


def replace_recovery_codes(
    connection: Connection, workspace: int, operator_id: str, codes: Sequence[str], key: bytes
) -> None:
    """Only these codes work from now on. They are kept as hashes made with the `key`, which is not in the database."""
    connection.execute(delete(recovery_code).where(recovery_code.c.operator_id == operator_id))
    if codes:
        rows = [
            {"workspace_id": workspace, "operator_id": operator_id, "code_hash": _code_hash(key, operator_id, code)}
            for code in codes
        ]
        connection.execute(insert(recovery_code), rows)


def take_recovery_code(connection: Connection, operator_id: str, code: str, key: bytes) -> bool:
    """Whether this is one of the operator's codes that was not used; it is used now."""
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
    """How many codes are left."""
    query = select(func.count()).where(recovery_code.c.operator_id == operator_id, recovery_code.c.used_at.is_(None))
    return connection.execute(query).scalar_one()


def _code_hash(key: bytes, operator_id: str, code: str) -> bytes:
    # With a key: a code has 50 random bits, which whoever copied the database could try out against a plain hash.
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
    """Let the passkey sign the operator in. False when it is known already, whoever's it is."""
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
    """The passkey with this credential id."""
    return next(iter(_passkeys(connection, passkey.c.credential == credential)), None)


def passkeys_of(connection: Connection, operator_id: str) -> list[Passkey]:
    """The operator's passkeys, oldest first."""
    return _passkeys(connection, passkey.c.operator_id == operator_id)


def _passkeys(connection: Connection, condition: object) -> list[Passkey]:
    query = select(passkey).where(condition).order_by(passkey.c.created_at)  # pyright: ignore[reportArgumentType]
    return [
        Passkey(
            row.id,
            row.workspace_id,
            row.operator_id,
            row.credential,
            row.public_key,
            row.sign_count,
            row.transports,
            bool(row.backed_up),
            row.name,
            row.created_at,
            row.last_used_at,
        )
        for row in connection.execute(query)
    ]


def note_passkey_used(connection: Connection, credential: str, sign_count: int) -> None:
    """The passkey was just used, and counts so many uses."""
    connection.execute(
        update(passkey).where(passkey.c.credential == credential).values(sign_count=sign_count, last_used_at=now_ms())
    )


def rename_passkey(connection: Connection, operator_id: str, passkey_id: str, name: str) -> bool:
    """Give the operator's passkey another name. False when there is no such passkey."""
    renamed = connection.execute(
        update(passkey).where(passkey.c.id == passkey_id, passkey.c.operator_id == operator_id).values(name=name)
    )
    return renamed.rowcount > 0


def remove_passkey(connection: Connection, operator_id: str, passkey_id: str) -> bool:
    """The passkey signs the operator in no more. False when there is no such passkey."""
    removed = connection.execute(
        delete(passkey).where(passkey.c.id == passkey_id, passkey.c.operator_id == operator_id)
    )
    return removed.rowcount > 0
