"""Begins operators' sessions. Only this module creates their tokens."""

from dataclasses import dataclass

from sqlalchemy import Connection

from crumbless.accounts.account_policy_store import find_account_policy
from crumbless.accounts.account_wire import SignInResponse
from crumbless.accounts.known_network_store import note_network
from crumbless.accounts.operator_store import Credentials
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, new_token, now_ms
from crumbless.core.time_units import DAY_MS
from crumbless.http.device import Device
from crumbless.http.services import Services
from crumbless.realtime.session_store import add_session
from crumbless.security.access import Session
from crumbless.security.dpop import token_hash
from crumbless.security.encryption import SecretBox
from crumbless.sign_in.account_policy_check import has_stored_factor
from crumbless.sign_in.new_device_notice import queue_new_device_notice


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """The longest duration of an operator's session, and the encryption of emails about it."""

    days: int
    secret_box: SecretBox

    @classmethod
    def of(cls, services: Services) -> "SessionTerms":
        """Return the terms of this installation."""
        return cls(services.settings.sign_in.operator_session_days, services.secret_box)


def begin_session(
    connection: Connection,
    person: Credentials,
    device: Device,
    factors: str,
    terms: SessionTerms,
    shown_at: int | None = None,
) -> SignInResponse:
    """Return a new session bound to the device's key. The token is returned once and stored as a hash.

    Args:
        factors: the factors that were used, such as "password totp".
        shown_at: when they were used, in milliseconds; 0 if this is unknown, None for now.

    Raises:
        ApiError: `provider_only`; `second_factor_needed` if the workspace requires a second factor and the operator
            did not use theirs. A password alone must not allow setting up another factor.
    """
    policy = find_account_policy(connection, person.workspace)
    if not policy.allows(factors):
        raise ApiError("provider_only")
    token = new_token("cro_")
    operator, now = person.operator, now_ms()
    session = Session(
        id=new_id(),
        role=operator.role,
        workspace=person.workspace,
        subject=operator.id,
        name=operator.name,
        thumbprint=device.thumbprint,
        expires_at=now + terms.days * DAY_MS,
        authenticated_at=now if shown_at is None else shown_at,
        second_factor_from=policy.second_factor_due(factors),
    )
    only_sets_up = session.only_sets_up(now)
    if only_sets_up and has_stored_factor(connection, operator.id):
        raise ApiError("second_factor_needed", "Sign in with your passkey.")
    queue_new_device_notice(connection, terms.secret_box, person, device.name, device.time_zone_name)
    add_session(connection, session, token_hash(token), factors, device.name, device.time_zone_name)
    if device.network:
        note_network(connection, person.workspace, operator.id, device.network)
    write_audit_log(connection, session, "signed_in", details={"factors": factors, "device": device.name})
    expires_at = policy.end_of(now, session.expires_at, factors)
    return SignInResponse(token, expires_at, operator, only_sets_up)
