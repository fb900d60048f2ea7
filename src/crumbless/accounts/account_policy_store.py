"""The account policy of a workspace, and the reads that changes of it need."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from crumbless.accounts.tables import oidc_account, passkey
from crumbless.core.ids import now_ms
from crumbless.realtime.operator_change import change_operators
from crumbless.realtime.session_store import end_sessions, read_sessions
from crumbless.realtime.tables import account_policy, operator, session
from crumbless.security.access import Session
from crumbless.security.account_policy import AccountPolicy


def find_account_policy(connection: Connection, workspace: int) -> AccountPolicy:
    """Return the workspace's policy; an empty one if none was set."""
    row = connection.execute(select(account_policy).where(account_policy.c.workspace_id == workspace)).first()
    if row is None:
        return AccountPolicy()
    return AccountPolicy(row.second_factor_from, bool(row.provider_only), row.session_hours, row.idle_minutes)


def save_account_policy(connection: Connection, workspace: int, policy: AccountPolicy) -> None:
    """Replace the policy of the workspace."""
    clear_account_policy(connection, workspace)
    values: dict[str, Any] = {
        "second_factor_from": policy.second_factor_from,
        "provider_only": int(policy.provider_only),
        "session_hours": policy.session_hours,
        "idle_minutes": policy.idle_minutes,
    }
    connection.execute(insert(account_policy).values(workspace_id=workspace, changed_at=now_ms(), **values))


def clear_account_policy(connection: Connection, workspace: int) -> None:
    """Delete the policy: nothing is required beyond the installation's settings."""
    connection.execute(delete(account_policy).where(account_policy.c.workspace_id == workspace))


def touch_operators(connection: Connection, workspace: int) -> None:
    """Make every node read the sessions of the workspace's operators again."""
    change_operators(connection, operator.c.workspace_id == workspace)


def touch_operator(connection: Connection, operator_id: str) -> None:
    """Make every node read the sessions of the operator again."""
    change_operators(connection, operator.c.id == operator_id)


def factors_of(connection: Connection, session_id: str) -> str:
    """Return the factors by which the session began, such as "password totp"; empty if it does not exist."""
    return connection.execute(select(session.c.factors).where(session.c.id == session_id)).scalar() or ""


def set_factors(connection: Connection, session_id: str, factors: str) -> None:
    """Store the factors that were used in the session."""
    connection.execute(update(session).where(session.c.id == session_id).values(factors=factors))


def end_violating_sessions(connection: Connection, workspace: int) -> Sequence[Session]:
    """End the operators' sessions that have expired under the workspace's policy. Return those that were active."""
    now = now_ms()
    living = read_sessions(
        connection,
        session.c.workspace_id == workspace,
        session.c.operator_id.is_not(None),
        session.c.ended_at.is_(None),
        session.c.expires_at > now,
    )
    ended = [one for one in living if one.expires_at <= now]
    end_sessions(connection, ended)
    return ended


def count_without_second_factor(connection: Connection, workspace: int) -> int:
    """Return the number of active operators without authenticator app, passkey and account at a provider."""
    with_passkey = select(passkey.c.operator_id).where(passkey.c.workspace_id == workspace)
    with_identity = select(oidc_account.c.operator_id).where(oidc_account.c.workspace_id == workspace)
    return connection.execute(
        select(func.count())
        .select_from(operator)
        .where(
            operator.c.workspace_id == workspace,
            operator.c.status == "active",
            operator.c.totp_secret.is_(None),
            operator.c.id.not_in(with_passkey),
            operator.c.id.not_in(with_identity),
        )
    ).scalar_one()


def has_owner_at_provider(connection: Connection, workspace: int, issuers: Collection[str]) -> bool:
    """Return whether an active owner of the workspace can sign in at one of these providers."""
    query = (
        select(operator.c.id)
        .join(oidc_account, oidc_account.c.operator_id == operator.c.id)
        .where(
            operator.c.workspace_id == workspace,
            operator.c.role == "owner",
            operator.c.status == "active",
            oidc_account.c.issuer.in_([*issuers]),
        )
        .limit(1)
    )
    return connection.execute(query).scalar() is not None
