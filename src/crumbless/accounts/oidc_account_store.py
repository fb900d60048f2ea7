"""Accounts at OpenID providers that sign operators in.

They are found only by issuer and subject, because another person may own the same email address at another provider.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from crumbless.accounts.tables import oidc_account
from crumbless.core.ids import now_ms


@dataclass(frozen=True, slots=True)
class OidcAccount:
    """An account at a provider, and its operator. `label` is the email address that the provider reported."""

    issuer: str
    subject: str
    operator: str
    label: str
    created_at: int
    last_used_at: int | None


def find_oidc_account_owner(connection: Connection, issuer: str, subject: str) -> str | None:
    """Return the ID of the operator whom this account signs in."""
    return connection.execute(
        select(oidc_account.c.operator_id).where(oidc_account.c.issuer == issuer, oidc_account.c.subject == subject)
    ).scalar()


def oidc_accounts_of(connection: Connection, operator_id: str) -> list[OidcAccount]:
    """Return the operator's accounts, oldest first."""
    rows = connection.execute(
        select(oidc_account).where(oidc_account.c.operator_id == operator_id).order_by(oidc_account.c.created_at)
    )
    return [
        OidcAccount(row.issuer, row.subject, row.operator_id, row.label, row.created_at, row.last_used_at)
        for row in rows
    ]


def add_oidc_account(
    connection: Connection, workspace: int, operator_id: str, issuer: str, subject: str, label: str
) -> bool:
    """Connect this account to the operator. Return False if it is connected to an operator already."""
    if find_oidc_account_owner(connection, issuer, subject) is not None:
        return False
    connection.execute(
        insert(oidc_account).values(
            workspace_id=workspace,
            issuer=issuer,
            subject=subject,
            operator_id=operator_id,
            label=label,
            created_at=now_ms(),
        )
    )
    return True


def note_oidc_account_used(connection: Connection, issuer: str, subject: str) -> None:
    """Record that the account was used just now."""
    connection.execute(
        update(oidc_account)
        .where(oidc_account.c.issuer == issuer, oidc_account.c.subject == subject)
        .values(last_used_at=now_ms())
    )


def remove_oidc_account(connection: Connection, operator_id: str, issuer: str, subject: str) -> bool:
    """Disconnect the account from the operator. Return False if it was not connected."""
    removed = connection.execute(
        delete(oidc_account).where(
            oidc_account.c.operator_id == operator_id,
            oidc_account.c.issuer == issuer,
            oidc_account.c.subject == subject,
        )
    )
    return removed.rowcount > 0
