"""Signs operators in with a password and, if required, a code. Re-authenticates them and signs them out."""

from sqlalchemy import Connection

from crumbless.accounts.account_wire import CodeRequest, SignInRequest, SignInResponse, SignInStep, StepUpRequest
from crumbless.accounts.factor_store import (
    count_recovery_codes,
    find_totp_secret,
    set_password_hash,
    take_recovery_code,
    take_totp_step,
)
from crumbless.accounts.one_time_token_store import (
    count_attempt,
    find_one_time_token,
    new_one_time_token,
    spend_one_time_token,
)
from crumbless.accounts.operator_store import Credentials, find_active_operator, find_credentials
from crumbless.accounts.password import needs_rehash
from crumbless.accounts.password_hashing import hash_of, is_right
from crumbless.accounts.totp import read_recovery_code, step_of
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms, wall_ms
from crumbless.http.action_services import ActionServices
from crumbless.http.device import Device
from crumbless.ledger.transaction import Transaction
from crumbless.realtime.session_store import end_sessions, set_factor_at
from crumbless.security.access import Session
from crumbless.security.encryption import SecretBox
from crumbless.sign_in.account_policy_check import note_second_factor, require_method
from crumbless.sign_in.factor_notice import queue_factor_notice
from crumbless.sign_in.session_begin import SessionTerms, begin_session

STEP_SECONDS = 300
MAX_ATTEMPTS = 5


async def sign_in(
    services: ActionServices, device: Device, request: SignInRequest, terms: SessionTerms
) -> SignInResponse | SignInStep:
    """Return a new session bound to the device's key, or the second factors of which one is required.

    Raises:
        ApiError: `wrong_sign_in`, `provider_only`, `second_factor_needed`, `busy`. The first has the same text and
            timing for an unknown address, a wrong password, and an operator who has no password or is disabled.
    """
    found = await services.read(lambda connection: find_credentials(connection, request.email))
    right = await is_right(found.password_hash if found else None, request.password)
    if not right or found is None or not found.active:
        raise ApiError("wrong_sign_in")
    renewed = await hash_of(request.password) if needs_rehash(found.password_hash) else None

    def write(connection: Connection) -> SignInResponse | SignInStep | None:
        # Verifying takes a while. In the meantime the operator may have reset the password to lock out an attacker.
        current = find_active_operator(connection, found.operator.id)
        if current is None or current.password_hash != found.password_hash:
            return None
        person = current.operator
        require_method(connection, current.workspace, "password")
        if renewed:
            set_password_hash(connection, person.id, renewed)
        if find_totp_secret(connection, person.id) is None:
            return begin_session(connection, current, device, "password", terms)
        one_time_token, _ = new_one_time_token(
            connection, "second_factor", subject=person.id, thumbprint=device.thumbprint, seconds=STEP_SECONDS
        )
        left = count_recovery_codes(connection, person.id)
        return SignInStep(
            one_time_token, ["totp", "recovery_code"] if left else ["totp"], now_ms() + STEP_SECONDS * 1000
        )

    return await services.write(write) or await sign_in(services, device, request, terms)


async def sign_in_with_code(
    services: ActionServices, device: Device, request: CodeRequest, terms: SessionTerms
) -> SignInResponse:
    """Return the session, after the password was right. Five wrong codes spend the one-time token.

    Raises:
        ApiError: `ticket_gone`, `wrong_code`, `provider_only`, `busy`.
    """

    def write(connection: Connection) -> SignInResponse | None:
        one_time_token = find_one_time_token(connection, "second_factor", request.one_time_token, device.thumbprint)
        person = find_active_operator(connection, one_time_token.subject)
        if person is None:
            raise ApiError("ticket_gone")
        code_kind = take_code(connection, terms.secret_box, person, request.code)
        if code_kind is None:
            count_attempt(connection, one_time_token.id, MAX_ATTEMPTS)
            write_audit_log(
                connection, person.workspace, "code_refused", target_kind="operator", target_id=one_time_token.subject
            )
            return None
        spend_one_time_token(connection, "second_factor", request.one_time_token, device.thumbprint)
        return begin_session(connection, person, device, f"password {code_kind}", terms)

    response = await services.write(write)
    if response is None:
        raise ApiError("wrong_code")
    return response


def take_code(connection: Connection, secret_box: SecretBox, person: Credentials, code: str) -> str | None:
    """Use up a code of the operator. Return its kind, "totp" or "recovery_code", or None if it is wrong."""
    operator_id = person.operator.id
    sealed = find_totp_secret(connection, operator_id)
    plain = "".join(code.split())
    if sealed is not None and len(plain) == 6 and plain.isascii() and plain.isdigit():
        step = step_of(secret_box.decrypt(sealed, totp_purpose(operator_id)), plain, wall_ms() / 1000)
        return "totp" if step is not None and take_totp_step(connection, operator_id, step) else None
    typed = read_recovery_code(code)
    if (
        sealed is not None
        and typed is not None
        and take_recovery_code(connection, operator_id, typed, recovery_key(secret_box))
    ):
        queue_factor_notice(connection, secret_box, person, "recovery_code_used", "")
        return "recovery_code"
    return None


def totp_purpose(operator_id: str) -> str:
    """Return the encryption purpose of an operator's secret. It binds the secret to this operator."""
    return f"totp:{operator_id}"


def recovery_key(secret_box: SecretBox) -> bytes:
    """Return the key that hashes recovery codes."""
    return secret_box.derive("recovery codes")


async def step_up(services: ActionServices, session: Session, request: StepUpRequest) -> None:
    """Re-authenticate with the password, and a code if an app is set up. Allows sensitive changes for five minutes.

    Raises:
        ApiError: `wrong_password`, `wrong_code`, `provider_only`, `busy`.
    """
    found = await services.read(lambda connection: find_active_operator(connection, session.subject))
    if not await is_right(found.password_hash if found else None, request.password) or found is None:
        raise ApiError("wrong_password")

    def write(connection: Connection) -> bool:
        require_method(connection, session.workspace, "password")
        factors = "password"
        if find_totp_secret(connection, session.subject) is not None:
            code_kind = take_code(connection, services.secret_box, found, request.code)
            if code_kind is None:
                write_audit_log(connection, session, "code_refused", target_kind="operator", target_id=session.subject)
                return False
            factors += f" {code_kind}"
        set_factor_at(connection, session.id, now_ms())
        write_audit_log(connection, session, "factor_shown", details={"factor": factors})
        if factors != "password":
            note_second_factor(connection, session, factors.removeprefix("password "))
        return True

    if not await services.write(write):
        raise ApiError("wrong_code")
    session.authenticated_at = now_ms()


def sign_out(tx: Transaction, session: Session) -> None:
    """End the session. Its token becomes invalid and its streams close."""
    end_sessions(tx.connection, [session])
    write_audit_log(tx.connection, session, "signed_out")
