"""Changes a workspace's account policy: how its operators must sign in. A command removes the policy."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from crumbless.accounts.account_policy_store import (
    clear_account_policy,
    count_without_second_factor,
    end_violating_sessions,
    factors_of,
    find_account_policy,
    has_owner_at_provider,
    save_account_policy,
    touch_operators,
)
from crumbless.accounts.account_wire import AccountPolicyRequest, AccountPolicyResponse
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.core.settings import SignInSettings
from crumbless.ledger.transaction import Transaction
from crumbless.people.actor_recheck import require_unchanged
from crumbless.security.access import Session
from crumbless.security.account_policy import PROVIDER, AccountPolicy

SHORTEST_SESSION_HOURS = 1
SHORTEST_IDLE_MINUTES = 15
"""The last use is stored once a minute, so nodes differ by a minute. A shorter limit would end sessions in use."""

LATEST = 253_402_300_800_000
"""The year 10000, in milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class PolicyLimits:
    """The limits from the installation's settings. A policy may be stricter, but not more permissive."""

    session_hours: int
    idle_minutes: int
    issuers: Collection[str]

    @classmethod
    def of(cls, settings: SignInSettings) -> "PolicyLimits":
        """Return the limits of these settings."""
        issuers = frozenset(one.issuer for one in settings.oidc_providers)
        return cls(settings.operator_session_days * 24, settings.operator_idle_days * 24 * 60, issuers)


def read_account_policy(connection: Connection, actor: Session, limits: PolicyLimits) -> AccountPolicyResponse:
    """Return the policy of the session's workspace, and its limits."""
    policy = find_account_policy(connection, actor.workspace)
    return AccountPolicyResponse(
        **asdict(policy),
        longest_session_hours=limits.session_hours,
        longest_idle_minutes=limits.idle_minutes,
        without_second_factor=count_without_second_factor(connection, actor.workspace),
        provider_possible=bool(limits.issuers) and PROVIDER in factors_of(connection, actor.id).split(),
    )


def change_account_policy(tx: Transaction, actor: Session, wanted: AccountPolicyRequest, limits: PolicyLimits) -> None:
    """Replace the policy and end the sessions that violate it. Every node reads the other sessions again.

    An operator can require a second factor or a provider only in a session that has used one. Otherwise the change
    would lock out its author.

    Raises:
        ApiError: `forbidden`; `invalid` if the policy exceeds the limits or would lock out its author.
    """
    require_unchanged(tx.connection, actor)
    before = find_account_policy(tx.connection, actor.workspace)
    policy = AccountPolicy(wanted.second_factor_from, wanted.provider_only, wanted.session_hours, wanted.idle_minutes)
    _check_limits(policy, limits)
    factors = factors_of(tx.connection, actor.id)
    if 0 < policy.second_factor_due(factors) <= now_ms():
        raise ApiError("invalid", "Sign in with a second factor first. Otherwise this change would end your session.")
    if policy.provider_only and not before.provider_only:
        _check_provider(tx.connection, actor, factors, limits)
    save_account_policy(tx.connection, actor.workspace, policy)
    details = {"from": asdict(before), "to": asdict(policy)}
    _log_action(tx.connection, actor, "account_policy_changed", actor.workspace, details)
    end_violating_sessions(tx.connection, actor.workspace)
    touch_operators(tx.connection, actor.workspace)


def remove_by_command(connection: Connection, workspace: int) -> None:
    """Remove the policy. Used when it prevents all operators from signing in."""
    before = find_account_policy(connection, workspace)
    clear_account_policy(connection, workspace)
    touch_operators(connection, workspace)
    _log_action(connection, workspace, "account_policy_removed", workspace, {"from": asdict(before)})


def _check_limits(policy: AccountPolicy, limits: PolicyLimits) -> None:
    hours, minutes, due = policy.session_hours, policy.idle_minutes, policy.second_factor_from
    if hours is not None and not SHORTEST_SESSION_HOURS <= hours <= limits.session_hours:
        raise ApiError("invalid", f"A session may last {SHORTEST_SESSION_HOURS} to {limits.session_hours} hours.")
    if minutes is not None and not SHORTEST_IDLE_MINUTES <= minutes <= limits.idle_minutes:
        raise ApiError("invalid", f"The idle time may be {SHORTEST_IDLE_MINUTES} to {limits.idle_minutes} minutes.")
    if due is not None and not 0 < due < LATEST:
        raise ApiError("invalid", "The date must be in milliseconds since 1970.")


def _check_provider(connection: Connection, actor: Session, factors: str, limits: PolicyLimits) -> None:
    if PROVIDER not in factors.split():
        raise ApiError("invalid", "Sign in at the provider first. Otherwise this change would end your session.")
    if not has_owner_at_provider(connection, actor.workspace, limits.issuers):
        raise ApiError("invalid", "An owner must have connected an account at a provider first.")


def _log_action(
    connection: Connection, actor: Session | int, action: str, workspace: int, details: Mapping[str, object]
) -> None:
    write_audit_log(connection, actor, action, target_kind="workspace", target_id=str(workspace), details=details)
