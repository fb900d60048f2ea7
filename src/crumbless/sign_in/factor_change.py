"""Changes an operator's password, authenticator app and recovery codes.

All changes require a recent re-authentication.
"""

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from crumbless.accounts.account_wire import FactorRemove, PasswordRequest, RecoveryCodes, TotpConfirm, TotpSetUp
from crumbless.accounts.factor_store import find_totp_secret, replace_recovery_codes, set_password_hash, set_totp_secret
from crumbless.accounts.one_time_token_store import (
    count_attempt,
    find_one_time_token,
    new_one_time_token,
    spend_one_time_token,
    void_one_time_tokens_of_password,
)
from crumbless.accounts.operator_store import Credentials, find_active_operator
from crumbless.accounts.password import check_new_password
from crumbless.accounts.password_hashing import hash_of, is_right
from crumbless.accounts.totp import new_recovery_codes, new_totp_secret, secret_text, step_of, totp_uri
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.deferred_import import deferred_module
from crumbless.core.errors import ApiError
from crumbless.core.ids import wall_ms
from crumbless.http.action_services import ActionServices
from crumbless.ledger.transaction import Transaction
from crumbless.security.access import Session
from crumbless.security.encryption import SecretBox
from crumbless.sign_in.account_policy_check import note_second_factor, require_factor_left
from crumbless.sign_in.factor_notice import queue_factor_notice
from crumbless.sign_in.password_sign_in import recovery_key, totp_purpose
from crumbless.sign_in.session_end import end_others_of

if TYPE_CHECKING:
    import segno
else:
    # 9 ms.
    segno = deferred_module("segno")

SET_UP_SECONDS = 900
MAX_ATTEMPTS = 10


async def change_password(services: ActionServices, session: Session, request: PasswordRequest, device: str) -> None:
    """Replace the password, and end the operator's other sessions if requested.

    Raises:
        ApiError: `wrong_password`, `weak_password`, `busy`.
    """
    found = await services.read(lambda connection: find_active_operator(connection, session.subject))
    if found is None:
        raise ApiError("invalid_token")
    check_new_password(request.new, (found.operator.email, found.operator.name, found.operator.workspace_name))
    if found.password_hash and not await is_right(found.password_hash, request.current):
        raise ApiError("wrong_password")
    new_hash = await hash_of(request.new)

    def change(connection: Connection) -> None:
        _require_same_password(connection, session, found)
        set_password_hash(connection, session.subject, new_hash)
        void_one_time_tokens_of_password(connection, session.subject)
        _queue_notice(connection, services.secret_box, session, found, "password_changed", device)
        if request.end_others:
            end_others_of(Transaction(connection), session)

    await services.write(change)


def _require_same_password(connection: Connection, session: Session, found: Credentials) -> None:
    # Verifying takes a while. In the meantime the operator may have reset the password to lock out an attacker.
    if _active(connection, session).password_hash != found.password_hash:
        raise ApiError("wrong_password")


async def begin_totp(services: ActionServices, session: Session) -> TotpSetUp:
    """Return a new secret for an authenticator app. Its codes are required only after the first one was confirmed.

    Raises:
        ApiError: `busy`.
    """
    secret = new_totp_secret()

    def begin(connection: Connection) -> tuple[str, str]:
        person = _active(connection, session)
        sealed = services.secret_box.encrypt(secret, totp_purpose(session.subject))
        one_time_token, _ = new_one_time_token(
            connection,
            "totp_begin",
            subject=session.subject,
            workspace=session.workspace,
            thumbprint=session.thumbprint,
            data={"sealed": sealed.hex()},
            seconds=SET_UP_SECONDS,
        )
        return one_time_token, person.operator.email

    one_time_token, email = await services.write(begin)
    uri = totp_uri(secret, "Crumbless", email)
    return TotpSetUp(one_time_token, secret_text(secret), uri, await asyncio.to_thread(_matrix, uri))


def _matrix(text: str) -> list[str]:
    return ["".join(str(int(bit)) for bit in row) for row in segno.make(text, error="m", micro=False).matrix]


async def confirm_totp(services: ActionServices, session: Session, request: TotpConfirm, device: str) -> RecoveryCodes:
    """Turn the authenticator app on, if the code is right. Return the recovery codes, to be shown once.

    Raises:
        ApiError: `ticket_gone`, `wrong_code`, `busy`.
    """
    codes, secret_box = new_recovery_codes(), services.secret_box

    def confirm(connection: Connection) -> bool:
        one_time_token = find_one_time_token(connection, "totp_begin", request.one_time_token, session.thumbprint)
        if one_time_token.subject != session.subject:
            raise ApiError("ticket_gone")
        sealed = bytes.fromhex(one_time_token.data["sealed"])
        plain = "".join(request.code.split())
        step = step_of(secret_box.decrypt(sealed, totp_purpose(session.subject)), plain, wall_ms() / 1000)
        if step is None:
            count_attempt(connection, one_time_token.id, MAX_ATTEMPTS)
            return False
        spend_one_time_token(connection, "totp_begin", request.one_time_token, session.thumbprint)
        set_totp_secret(connection, session.subject, sealed, step)
        replace_recovery_codes(connection, session.workspace, session.subject, codes, recovery_key(secret_box))
        _queue_notice(connection, secret_box, session, _active(connection, session), "totp_added", device)
        if request.end_others:
            end_others_of(Transaction(connection), session)
        note_second_factor(connection, session, "totp")
        return True

    if not await services.write(confirm):
        raise ApiError("wrong_code")
    return RecoveryCodes(codes)


def remove_totp(tx: Transaction, session: Session, request: FactorRemove, device: str, secret_box: SecretBox) -> None:
    """Turn the authenticator app off and delete the recovery codes.

    Raises:
        ApiError: `not_found` if no app is set up, `second_factor_needed`, `busy`.
    """
    if find_totp_secret(tx.connection, session.subject) is None:
        raise ApiError("not_found")
    set_totp_secret(tx.connection, session.subject, None)
    require_factor_left(tx.connection, session)
    replace_recovery_codes(tx.connection, session.workspace, session.subject, [], recovery_key(secret_box))
    _queue_notice(tx.connection, secret_box, session, _active(tx.connection, session), "totp_removed", device)
    if request.end_others:
        end_others_of(tx, session)


def renew_recovery_codes(tx: Transaction, session: Session, device: str, secret_box: SecretBox) -> RecoveryCodes:
    """Return ten new codes. The old ones become invalid.

    Raises:
        ApiError: `not_found` if no app is set up, `busy`.
    """
    codes = new_recovery_codes()
    if find_totp_secret(tx.connection, session.subject) is None:
        raise ApiError("not_found", "Set up an authenticator app first.")
    replace_recovery_codes(tx.connection, session.workspace, session.subject, codes, recovery_key(secret_box))
    _queue_notice(tx.connection, secret_box, session, _active(tx.connection, session), "recovery_codes_made", device)
    return RecoveryCodes(codes)


def _queue_notice(
    connection: Connection, secret_box: SecretBox, session: Session, person: Credentials, change: str, device: str
) -> None:
    queue_factor_notice(connection, secret_box, person, change, device)
    write_audit_log(connection, session, change, target_kind="operator", target_id=session.subject)


def _active(connection: Connection, session: Session) -> Credentials:
    person = find_active_operator(connection, session.subject)
    if person is None:
        raise ApiError("invalid_token")
    return person
