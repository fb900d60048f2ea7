"""Reads how an operator signs in, for the operator's own security page."""

from collections.abc import Mapping

from sqlalchemy import Connection

from crumbless.domain.access import Session, is_fresh
from crumbless.domain.wire_account import LinkedIdentity, PasskeyView, SecurityView, SessionView
from crumbless.errors import Refused
from crumbless.ids import now_ms
from crumbless.store.factor_store import count_recovery_codes, find_totp_secret, passkeys_of
from crumbless.store.identity_store import identities_of
from crumbless.store.people_store import find_active_operator
from crumbless.store.policy_store import find_account_policy
from crumbless.store.session_store import sessions_of


def read_security(connection: Connection, by: Session, idle_since: int, providers: Mapping[str, str]) -> SecurityView:
    """Return the operator's factors, connected accounts and sessions.

    Args:
        idle_since: sessions last used before this time have ended.
        providers: the names of the OpenID providers by issuer.

    Raises:
        Refused: `invalid_token` if the operator is disabled.
    """
    person = find_active_operator(connection, by.subject)
    if person is None:
        raise Refused("invalid_token")
    policy = find_account_policy(connection, by.workspace)
    return SecurityView(
        password=bool(person.password_hash),
        totp=find_totp_secret(connection, by.subject) is not None,
        recovery_codes_left=count_recovery_codes(connection, by.subject),
        passkeys=[
            PasskeyView(one.id, one.name, one.backed_up, one.created_at, one.last_used_at)
            for one in passkeys_of(connection, by.subject)
        ],
        identities=[
            LinkedIdentity(
                one.issuer,
                one.subject,
                one.label,
                providers.get(one.issuer, one.issuer),
                one.created_at,
                one.last_used_at,
            )
            for one in identities_of(connection, by.subject)
        ],
        sessions=[
            SessionView(
                one.id,
                one.device,
                one.place,
                one.factors,
                one.created_at,
                by.seen_at if one.id == by.id else one.last_seen_at,
                one.id == by.id,
            )
            for one in sessions_of(connection, by.subject, idle_since)
            if policy.end_of(one.created_at, one.expires_at, one.factors) > now_ms()
        ],
        fresh=is_fresh(by.factor_at, now_ms()),
        expires_at=by.expires_at,
    )
