"""Counts an operator's sign-in methods, so that an operator cannot remove the last one."""

from sqlalchemy import Connection, func, select

from crumbless.accounts.tables import oidc_account, passkey
from crumbless.realtime.tables import operator


def sign_in_methods(connection: Connection, operator_id: str) -> int:
    """Return the number of passwords, passkeys and connected accounts together."""
    has_password = connection.execute(
        select(operator.c.password_hash != "").where(operator.c.id == operator_id)
    ).scalar()
    passkeys = connection.execute(
        select(func.count()).select_from(passkey).where(passkey.c.operator_id == operator_id)
    ).scalar_one()
    identities = connection.execute(
        select(func.count()).select_from(oidc_account).where(oidc_account.c.operator_id == operator_id)
    ).scalar_one()
    return int(bool(has_password)) + passkeys + identities
