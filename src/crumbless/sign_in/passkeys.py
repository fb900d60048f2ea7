"""Manages operators' passkeys, with which they join, sign in and re-authenticate.

Each challenge is a one-time token. It is valid for five minutes, and only for the key that requested it.
"""

import asyncio
import base64
import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection

from crumbless.accounts.account_wire import FactorRemove, InvitationUse, PasskeyOptions, PasskeyRequest, SignInResponse
from crumbless.accounts.factor_store import (
    Passkey,
    add_passkey,
    find_passkey,
    note_passkey_used,
    passkeys_of,
    remove_passkey,
    rename_passkey,
)
from crumbless.accounts.one_time_token_store import (
    OneTimeTokenKind,
    new_one_time_token,
    spend_one_time_token,
    spend_one_time_token_by_id,
)
from crumbless.accounts.operator_store import find_active_operator
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, now_ms
from crumbless.http.device import Device
from crumbless.ledger.ledger_port import LedgerPort
from crumbless.ledger.transaction import Transaction
from crumbless.realtime.session_store import set_factor_at
from crumbless.security.access import Session
from crumbless.security.encryption import SecretBox
from crumbless.sign_in.account_policy_check import note_second_factor, require_factor_left, require_method
from crumbless.sign_in.factor_notice import queue_factor_notice
from crumbless.sign_in.invitation_accept import NewOperator, begin_join, join
from crumbless.sign_in.passkey_port import NewPasskey, PasskeyPort, PasskeyRejected, UsedPasskey
from crumbless.sign_in.session_begin import SessionTerms, begin_session
from crumbless.sign_in.session_end import end_others_of
from crumbless.sign_in.sign_in_ways import sign_in_methods

T = TypeVar("T")

CHALLENGE_SECONDS = 300
MAX_PASSKEYS = 20
MAX_NAME = 80
TRANSPORTS = {"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}


class Passkeys:
    """The passkey operations of this installation."""

    def __init__(self, port: PasskeyPort, ledger: LedgerPort, secret_box: SecretBox) -> None:
        self._port = port
        self._ledger = ledger
        self._secret_box = secret_box
        self._loaded = False

    # --- signing in -----------------------------------------------------------------------------------------------

    async def ask_to_sign_in(self, thumbprint: str) -> PasskeyOptions:
        """Return the challenge for a sign-in with any passkey for this host. Raises ApiError `busy`."""
        return await self._ask("passkey_sign_in", thumbprint, "")

    async def sign_in(self, request: PasskeyRequest, device: Device, terms: SessionTerms) -> SignInResponse:
        """Return a new session. A passkey with user verification counts as two factors.

        Raises:
            ApiError: `ticket_gone`, `passkey_refused`, `busy`.
        """

        def write(connection: Connection) -> SignInResponse | None:
            challenge = _spend(connection, "passkey_sign_in", request, device.thumbprint, "")
            found = find_passkey(connection, request.credential.id)
            person = find_active_operator(connection, found.operator) if found else None
            used = self._verify(request, challenge, found)
            if found is None:
                return None
            if person is None or used is None or not _is_owner(request, found):
                write_audit_log(
                    connection, found.workspace, "passkey_refused", target_kind="passkey", target_id=found.id
                )
                return None
            note_passkey_used(connection, found.credential, used.sign_count)
            if used.counter_fell:
                write_audit_log(connection, found.workspace, "passkey_counter_fell", target_id=found.id)
            return begin_session(connection, person, device, "passkey", terms)

        response = await self._write(write)
        if response is None:
            raise ApiError("passkey_refused")
        return response

    # --- joining by an invitation ---------------------------------------------------------------------------------

    async def ask_to_join(self, use: InvitationUse, thumbprint: str) -> PasskeyOptions:
        """Return the options with which the invited person's browser creates a passkey.

        Raises:
            ApiError: `ticket_gone`; `invalid` if the name is invalid or the address has an account; `busy`.
        """
        challenge, operator_id = secrets.token_bytes(32), new_id()

        def begin(connection: Connection) -> PasskeyOptions:
            pending = begin_join(connection, use)
            new_operator = pending.new_operator
            owner = uuid.UUID(operator_id).bytes
            options = self._port.creation_options(challenge, owner, pending.email, new_operator.name, [])
            extra = {"operator": operator_id, "name": new_operator.name, "languages": [*new_operator.languages]}
            one_time_token = _new_challenge(
                connection,
                "passkey_join",
                thumbprint,
                pending.one_time_token,
                pending.workspace,
                challenge,
                extra=extra,
            )
            return PasskeyOptions(one_time_token, options)

        return await self._write(begin)

    async def join(self, request: PasskeyRequest, device: Device, terms: SessionTerms) -> SignInResponse:
        """Make the invited person an operator who signs in with the passkey and has no password.

        Raises:
            ApiError: `ticket_gone`, `passkey_refused`; `invalid` if the address has an account; `busy`.
        """
        name = _checked_name(request.name or device.name or "Passkey")

        def write(connection: Connection) -> SignInResponse | None:
            one_time_token = spend_one_time_token(connection, "passkey_join", request.one_time_token, device.thumbprint)
            data = one_time_token.data
            try:
                new_passkey = self._port.verify_new(_credential_of(request), bytes.fromhex(data["challenge"]))
            except PasskeyRejected:
                return None
            link = spend_one_time_token_by_id(connection, "invitation", one_time_token.subject)
            new_operator = NewOperator(data["name"], data["languages"], id=data["operator"])
            person = join(connection, link, new_operator, "passkey")
            if not _store(connection, person.workspace, person.operator.id, request, new_passkey, name):
                # Raised, not returned as None, so that the transaction is rolled back.
                raise ApiError("passkey_refused")
            return begin_session(connection, person, device, "passkey", terms)

        response = await self._write(write)
        if response is None:
            raise ApiError("passkey_refused")
        return response

    # --- re-authentication ----------------------------------------------------------------------------------------

    async def ask_to_step_up(self, session: Session) -> PasskeyOptions:
        """Return the challenge for one of the operator's passkeys. Raises ApiError `not_found`, `busy`."""
        return await self._ask("passkey_step_up", session.thumbprint or "", session.subject)

    async def step_up(self, request: PasskeyRequest, session: Session) -> None:
        """Re-authenticate with the passkey. Allows sensitive changes for five minutes.

        Raises:
            ApiError: `ticket_gone`, `passkey_refused`, `provider_only`, `busy`.
        """

        def write(connection: Connection) -> bool:
            challenge = _spend(connection, "passkey_step_up", request, session.thumbprint or "", session.subject)
            found = find_passkey(connection, request.credential.id)
            used = self._verify(request, challenge, found)
            if found is None or used is None or found.operator != session.subject:
                write_audit_log(connection, session, "passkey_refused")
                return False
            require_method(connection, session.workspace, "passkey")
            note_passkey_used(connection, found.credential, used.sign_count)
            set_factor_at(connection, session.id, now_ms())
            write_audit_log(connection, session, "factor_shown", details={"factor": "passkey"})
            note_second_factor(connection, session, "passkey")
            return True

        if not await self._write(write):
            raise ApiError("passkey_refused")
        session.authenticated_at = now_ms()

    # --- the operator's own passkeys ------------------------------------------------------------------------------

    async def ask_to_add(self, session: Session) -> PasskeyOptions:
        """Return the options with which the browser creates a passkey. Raises ApiError `busy`."""
        challenge = secrets.token_bytes(32)

        def begin(connection: Connection) -> PasskeyOptions:
            person = find_active_operator(connection, session.subject)
            if person is None:
                raise ApiError("invalid_token")
            known = [one.credential for one in passkeys_of(connection, session.subject)]
            if len(known) >= MAX_PASSKEYS:
                raise ApiError("invalid", f"You have {MAX_PASSKEYS} passkeys. Remove one first.")
            options = self._port.creation_options(
                challenge, uuid.UUID(session.subject).bytes, person.operator.email, person.operator.name, known
            )
            one_time_token = _new_challenge(
                connection, "passkey_add", session.thumbprint or "", session.subject, session.workspace, challenge
            )
            return PasskeyOptions(one_time_token, options)

        return await self._write(begin)

    async def add(self, request: PasskeyRequest, session: Session, device: str) -> None:
        """Store the passkey, so that the operator can sign in with it.

        Raises:
            ApiError: `ticket_gone`, `passkey_refused`, `invalid`, `busy`.
        """
        name = _checked_name(request.name or device or "Passkey")

        def write(connection: Connection) -> bool:
            challenge = _spend(connection, "passkey_add", request, session.thumbprint or "", session.subject)
            person = find_active_operator(connection, session.subject)
            try:
                new_passkey = self._port.verify_new(_credential_of(request), challenge)
            except PasskeyRejected:
                return False
            if person is None or not _store(connection, session.workspace, session.subject, request, new_passkey, name):
                return False
            queue_factor_notice(connection, self._secret_box, person, "passkey_added", device)
            write_audit_log(connection, session, "passkey_added", target_kind="passkey", target_name=name)
            if request.end_others:
                end_others_of(Transaction(connection), session)
            note_second_factor(connection, session, "passkey")
            return True

        if not await self._write(write):
            raise ApiError("passkey_refused")

    async def rename(self, session: Session, passkey_id: str, name: str) -> None:
        """Rename a passkey. Raises ApiError `not_found`, `invalid`, `busy`."""
        checked = _checked_name(name)

        def write(connection: Connection) -> None:
            if not rename_passkey(connection, session.subject, passkey_id, checked):
                raise ApiError("not_found")

        await self._write(write)

    async def remove(self, request: FactorRemove, session: Session, passkey_id: str, device: str) -> None:
        """Delete the passkey.

        Raises:
            ApiError: `not_found`; `invalid` if the operator could no longer sign in; `second_factor_needed`; `busy`.
        """

        def write(connection: Connection) -> None:
            person = find_active_operator(connection, session.subject)
            if sign_in_methods(connection, session.subject) < 2:
                raise ApiError("invalid", "Set a password first, or you can no longer sign in.")
            if person is None or not remove_passkey(connection, session.subject, passkey_id):
                raise ApiError("not_found")
            require_factor_left(connection, session)
            queue_factor_notice(connection, self._secret_box, person, "passkey_removed", device)
            write_audit_log(connection, session, "passkey_removed", target_kind="passkey", target_id=passkey_id)
            if request.end_others:
                end_others_of(Transaction(connection), session)

        await self._write(write)

    # --- shared ---------------------------------------------------------------------------------------------------

    async def _write(self, operation: Callable[[Connection], T]) -> T:
        # Loaded outside the transaction, because all messages would wait for it.
        if not self._loaded:
            await asyncio.to_thread(self._port.load)
            self._loaded = True
        return await self._ledger.write(operation)

    async def _ask(self, kind: OneTimeTokenKind, thumbprint: str, subject: str) -> PasskeyOptions:
        challenge = secrets.token_bytes(32)

        def begin(connection: Connection) -> PasskeyOptions:
            allowed = [one.credential for one in passkeys_of(connection, subject)] if subject else []
            if subject and not allowed:
                raise ApiError("not_found", "You have no passkey.")
            one_time_token = _new_challenge(connection, kind, thumbprint, subject, None, challenge)
            return PasskeyOptions(one_time_token, self._port.request_options(challenge, allowed))

        return await self._write(begin)

    def _verify(self, request: PasskeyRequest, challenge: bytes, found: Passkey | None) -> UsedPasskey | None:
        if found is None:
            return None
        try:
            return self._port.verify_used(_credential_of(request), challenge, found.public_key, found.sign_count)
        except PasskeyRejected:
            return None


def _store(
    connection: Connection,
    workspace: int,
    operator_id: str,
    request: PasskeyRequest,
    new_passkey: NewPasskey,
    name: str,
) -> bool:
    return add_passkey(
        connection,
        workspace,
        operator_id,
        credential=new_passkey.credential,
        public_key=new_passkey.public_key,
        sign_count=new_passkey.sign_count,
        transports=_transports(request),
        backed_up=new_passkey.backed_up,
        name=name,
    )


def _new_challenge(
    connection: Connection,
    kind: OneTimeTokenKind,
    thumbprint: str,
    subject: str,
    workspace: int | None,
    challenge: bytes,
    *,
    extra: Mapping[str, object] | None = None,
) -> str:
    one_time_token, _ = new_one_time_token(
        connection,
        kind,
        subject=subject,
        workspace=workspace,
        thumbprint=thumbprint,
        data={"challenge": challenge.hex(), **(extra or {})},
        seconds=CHALLENGE_SECONDS,
    )
    return one_time_token


def _spend(
    connection: Connection, kind: OneTimeTokenKind, request: PasskeyRequest, thumbprint: str, subject: str
) -> bytes:
    one_time_token = spend_one_time_token(connection, kind, request.one_time_token, thumbprint)
    if one_time_token.subject != subject:
        raise ApiError("ticket_gone")
    return bytes.fromhex(one_time_token.data["challenge"])


def _credential_of(request: PasskeyRequest) -> dict[str, Any]:
    """Return the credential in its JSON form."""
    return msgspec.to_builtins(request.credential)


def _is_owner(request: PasskeyRequest, found: Passkey) -> bool:
    """Return whether the browser names the stored owner (WebAuthn Level 3, section 7.2, step 6)."""
    handle = request.credential.response.user_handle or ""
    owner = base64.urlsafe_b64encode(uuid.UUID(found.operator).bytes).rstrip(b"=").decode()
    return secrets.compare_digest(handle.encode(), owner.encode())


def _transports(request: PasskeyRequest) -> list[str]:
    named = request.credential.response.transports or []
    return [one for one in TRANSPORTS if one in named]


def _checked_name(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > MAX_NAME or not plain.isprintable():
        raise ApiError("invalid", f"The name must be one line of 1 to {MAX_NAME} characters.")
    return plain
