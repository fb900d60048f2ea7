"""Checks the account policy of a workspace, in the transaction of the action."""

from sqlalchemy import Connection

from crumbless.accounts.account_policy_store import factors_of, find_account_policy, set_factors, touch_operator
from crumbless.accounts.factor_store import find_totp_secret, passkeys_of
from crumbless.accounts.oidc_account_store import oidc_accounts_of
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.security.access import Session
from crumbless.security.account_policy import has_second_factor


def require_method(connection: Connection, workspace: int, factors: str) -> None:
    """Raise ApiError `provider_only` unless operators of the workspace may sign in with these factors."""
    if not find_account_policy(connection, workspace).allows(factors):
        raise ApiError("provider_only")


def has_stored_factor(connection: Connection, operator_id: str) -> bool:
    """Return whether the operator has an authenticator app or a passkey."""
    return find_totp_secret(connection, operator_id) is not None or bool(passkeys_of(connection, operator_id))


def note_second_factor(connection: Connection, session: Session, factor: str) -> None:
    """Store that a second factor was used or set up in the session.

    If this gives the session more permissions or a longer lifetime, every node reads it again.
    """
    factors = factors_of(connection, session.id)
    if has_second_factor(factors):
        return
    set_factors(connection, session.id, f"{factors} {factor}".strip())
    if find_account_policy(connection, session.workspace).second_factor_from is not None:
        touch_operator(connection, session.subject)


def require_factor_left(connection: Connection, session: Session) -> None:
    """Raise ApiError `second_factor_needed` if the factor that was just removed is the last required one."""
    due = find_account_policy(connection, session.workspace).second_factor_from
    if due is None or due > now_ms() or has_stored_factor(connection, session.subject):
        return
    if not oidc_accounts_of(connection, session.subject):
        raise ApiError("second_factor_needed", "Set up another second factor first.")


def require_account_left(connection: Connection, session: Session) -> None:
    """Raise ApiError `provider_only` if the provider account that was just removed is the last required one."""
    if find_account_policy(connection, session.workspace).provider_only and not oidc_accounts_of(
        connection, session.subject
    ):
        raise ApiError("provider_only", "Connect another account first. Your workspace signs in at its provider only.")
