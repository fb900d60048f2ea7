"""Reads an operator's sign-in methods and sessions for their security page."""

from collections.abc import Mapping

from sqlalchemy import Connection

from crumbless.accounts.account_policy_store import find_account_policy
from crumbless.accounts.account_wire import OidcAccountResponse, PasskeyInfo, SecurityResponse, SessionResponse
from crumbless.accounts.factor_store import count_recovery_codes, find_totp_secret, passkeys_of
from crumbless.accounts.oidc_account_store import oidc_accounts_of
from crumbless.accounts.operator_store import find_active_operator
from crumbless.accounts.session_list_store import sessions_of
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.security.access import Session, is_recent


def read_security(
    connection: Connection, actor: Session, idle_since: int, providers: Mapping[str, str]
) -> SecurityResponse:
    """Return the operator's factors, connected accounts and sessions.

    Args:
        idle_since: sessions last used before this time have ended.
        providers: the names of the OpenID providers by issuer.

    Raises:
        ApiError: `invalid_token` if the operator is disabled.
    """
    person = find_active_operator(connection, actor.subject)
    if person is None:
        raise ApiError("invalid_token")
    policy = find_account_policy(connection, actor.workspace)
    return SecurityResponse(
        password=bool(person.password_hash),
        totp=find_totp_secret(connection, actor.subject) is not None,
        recovery_codes_left=count_recovery_codes(connection, actor.subject),
        passkeys=[
            PasskeyInfo(one.id, one.name, one.backed_up, one.created_at, one.last_used_at)
            for one in passkeys_of(connection, actor.subject)
        ],
        oidc_accounts=[
            OidcAccountResponse(
                one.issuer,
                one.subject,
                one.label,
                providers.get(one.issuer, one.issuer),
                one.created_at,
                one.last_used_at,
            )
            for one in oidc_accounts_of(connection, actor.subject)
        ],
        sessions=[
            SessionResponse(
                id=one.id,
                device=one.device,
                time_zone_name=one.time_zone_name,
                factors=one.factors,
                created_at=one.created_at,
                last_seen_at=actor.seen_at if one.id == actor.id else one.last_seen_at,
                current=one.id == actor.id,
            )
            for one in sessions_of(connection, actor.subject, idle_since)
            if policy.end_of(one.created_at, one.expires_at, one.factors) > now_ms()
        ],
        fresh=is_recent(actor.authenticated_at, now_ms()),
        expires_at=actor.expires_at,
    )
