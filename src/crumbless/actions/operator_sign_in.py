"""An operator signs in with a password, and a code where one is asked for; shows them again; and signs out."""

from sqlalchemy import Connection

from crumbless.actions.account_policy_check import note_second_factor, require_method
from crumbless.actions.action_services import ActionServices
from crumbless.actions.audit_write import write_audit_log
from crumbless.actions.factor_tell import queue_factor_notice
from crumbless.actions.password_check import hash_of, is_right
from crumbless.actions.session_begin import Device, SessionTerms, begin_session
from crumbless.domain.access import Session
from crumbless.domain.password import needs_rehash
from crumbless.domain.seal import SecretBox
from crumbless.domain.totp import read_recovery_code, step_of
from crumbless.domain.transaction import Transaction
from crumbless.domain.wire_account import CodeRequest, SignInRequest, SignInResponse, SignInStep, StepUpRequest
from crumbless.errors import ApiError
from crumbless.ids import now_ms, wall_ms
from crumbless.store.factor_store import (
    count_recovery_codes,
    find_totp_secret,
    set_password_hash,
    take_recovery_code,
    take_totp_step,
)
from crumbless.store.people_store import (
    Credentials,
    end_sessions,
    find_active_operator,
    find_credentials,
    set_factor_at,
)
from crumbless.store.ticket_store import count_attempt, find_one_time_token, new_one_time_token, spend_one_time_token

STEP_SECONDS = 300
MAX_ATTEMPTS = 5


async def sign_in(
    services: ActionServices, device: Device, request: SignInRequest, terms: SessionTerms
) -> SignInResponse | SignInStep:
    """A new session bound to the device's key, or what else must be shown for one.

    Raises:
        ApiError: `wrong_sign_in`, the same in words and time for an unknown address, a wrong password, an operator who
            has no password, and one who was disabled; `provider_only`, `second_factor_needed`, `busy`.
    """
    found = await services.read(lambda connection: find_credentials(connection, request.email))
    right = await is_right(found.password_hash if found else None, request.password)
    if not right or found is None or not found.active:
        raise ApiError("wrong_sign_in")
    renewed = await hash_of(request.password) if needs_rehash(found.password_hash) else None

    def write(connection: Connection) -> SignInResponse | SignInStep | None:
        # It takes a while to check a password: it may have been replaced meanwhile, to lock a thief out.
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
    """The session that the password alone did not give. After five wrong codes the ticket is spent.

    Raises:
        ApiError: `ticket_gone`, `wrong_code`, `provider_only`, `busy`.
    """

    def write(connection: Connection) -> SignInResponse | None:
        one_time_token = find_one_time_token(connection, "second_factor", request.one_time_token, device.thumbprint)
        person = find_active_operator(connection, one_time_token.subject)
        if person is None:
            raise ApiError("ticket_gone")
        way = take_code(connection, terms.secret_box, person, request.code)
        if way is None:
            count_attempt(connection, one_time_token.id, MAX_ATTEMPTS)
            write_audit_log(
                connection, person.workspace, "code_refused", target_kind="operator", target_id=one_time_token.subject
            )
            return None
        spend_one_time_token(connection, "second_factor", request.one_time_token, device.thumbprint)
        return begin_session(connection, person, device, f"password {way}", terms)

    answer = await services.write(write)
    if answer is None:
        raise ApiError("wrong_code")
    return answer


def take_code(connection: Connection, secret_box: SecretBox, person: Credentials, code: str) -> str | None:
    """Which code of the operator this is, "totp" or "recovery_code", used up by now; None for none of theirs."""
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
    """What an operator's secret is encrypted for: it opens for nobody else."""
    return f"totp:{operator_id}"


def recovery_key(secret_box: SecretBox) -> bytes:
    """With what recovery codes are hashed."""
    return secret_box.derive("recovery codes")


async def step_up(services: ActionServices, session: Session, request: StepUpRequest) -> None:
    """The operator shows password, and code where there is an app, again: dangerous acts are open for five minutes.

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
            way = take_code(connection, services.secret_box, found, request.code)
            if way is None:
                write_audit_log(connection, session, "code_refused", target_kind="operator", target_id=session.subject)
                return False
            factors += f" {way}"
        set_factor_at(connection, session.id, now_ms())
        write_audit_log(connection, session, "factor_shown", details={"factor": factors})
        if factors != "password":
            note_second_factor(connection, session, factors.removeprefix("password "))
        return True

    if not await services.write(write):
        raise ApiError("wrong_code")
    session.authenticated_at = now_ms()


def sign_out(tx: Transaction, session: Session) -> None:
    """End the session: its token is worth nothing, its streams close."""
    end_sessions(tx.connection, [session])
    write_audit_log(tx.connection, session, "signed_out")
