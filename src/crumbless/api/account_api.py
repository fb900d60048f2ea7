"""How operators sign in and what they do with their own account, over HTTP."""

from typing import TypeVar

import msgspec
from litestar import Response
from sqlalchemy import Connection

from crumbless.actions.factor_change import (
    begin_totp,
    change_password,
    confirm_totp,
    remove_totp,
    renew_recovery_codes,
)
from crumbless.actions.operator_sign_in import sign_in, sign_in_with_code, sign_out, step_up
from crumbless.actions.session_begin import SessionTerms
from crumbless.actions.session_end import end_others_of, end_own, tell_ended
from crumbless.api.device_read import device_name, read_device
from crumbless.api.guess_limit import Guesser, throttled
from crumbless.api.platform import Platform
from crumbless.api.request_read import (
    AnyRequest,
    client_network,
    platform_of,
    read_json,
    read_operator,
    read_proof,
    take_token,
)
from crumbless.domain.access import Session, is_fresh
from crumbless.domain.wire_account import (
    CodeRequest,
    FactorRemove,
    LinkedIdentity,
    NameRequest,
    PasskeyRequest,
    PasskeyView,
    PasswordRequest,
    SecurityView,
    SessionView,
    SignInRequest,
    SignInStep,
    StepUpRequest,
    TotpConfirm,
)
from crumbless.errors import Refused
from crumbless.ids import confirmed_ms, now_ms
from crumbless.store.factor_store import count_recovery_codes, find_totp_secret, passkeys_of
from crumbless.store.identity_store import identities_of
from crumbless.store.people_store import find_active_operator
from crumbless.store.policy_store import find_account_policy
from crumbless.store.session_store import sessions_of
from crumbless.store.ticket_store import find_ticket

DAY_MS = 86_400_000

MOST_BYTES = 8 * 1024
"""Of a request that signs somebody in or changes how they do."""

T = TypeVar("T")

# --- signing in ---------------------------------------------------------------------------------------------------


async def post_sign_in(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/sign-in."""
    platform = platform_of(request)
    wanted = await _read(request, SignInRequest)
    thumbprint = require_key(request)
    email = wanted.email.strip().lower()
    wanted = msgspec.structs.replace(wanted, email=email)
    network = client_network(request)
    take_token(platform.limits.sign_ins, network)
    device = read_device(request, thumbprint, wanted.time_zone)
    attempt = sign_in(wanted, device, platform.ledger, platform.reader, terms_of(platform))
    answer = await throttled(platform, Guesser(email, thumbprint, network), attempt, "wrong_sign_in")
    return _json(answer, 202 if isinstance(answer, SignInStep) else 200)


async def post_sign_in_code(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/sign-in/code."""
    platform = platform_of(request)
    wanted = await _read(request, CodeRequest)
    thumbprint = require_key(request)
    network = client_network(request)
    take_token(platform.limits.sign_ins, network)
    # By account as well as by ticket: who knows the password could ask for one ticket after the other.
    account = await platform.reader.read(
        lambda connection: find_ticket(connection, "second_factor", wanted.ticket, thumbprint).subject
    )
    device = read_device(request, thumbprint, wanted.time_zone)
    attempt = sign_in_with_code(wanted, device, platform.ledger, terms_of(platform))
    guesser = Guesser(account, thumbprint, network, "code")
    return _json(await throttled(platform, guesser, attempt, "wrong_code"))


async def post_passkey_options(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/sign-in/passkey/options."""
    platform = platform_of(request)
    await _read(request, Nothing)
    thumbprint = require_key(request)
    take_token(platform.limits.passkey_asks, client_network(request))
    return _json(await platform.passkeys.ask_to_sign_in(thumbprint))


async def post_passkey(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/sign-in/passkey."""
    platform = platform_of(request)
    wanted = await _read(request, PasskeyRequest)
    thumbprint = require_key(request)
    take_token(platform.limits.passkey_asks, client_network(request))
    device = read_device(request, thumbprint, wanted.time_zone)
    return _json(await platform.passkeys.sign_in(wanted, device, terms_of(platform)))


# --- a fresh factor -----------------------------------------------------------------------------------------------


async def post_step_up(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/step-up."""
    session, wanted = await read_operator(request), await _read(request, StepUpRequest)
    platform = platform_of(request)
    attempt = step_up(wanted, session, platform.ledger, platform.reader, platform.vault)
    changed = await throttled(platform, _guesser(request, session), attempt, "wrong_password", "wrong_code")
    announce_change(platform, session, changed)
    return _nothing()


async def post_step_up_passkey_options(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/step-up/passkey/options."""
    session = await read_operator(request)
    return _json(await platform_of(request).passkeys.ask_to_step_up(session))


async def post_step_up_passkey(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/step-up/passkey."""
    session, wanted = await read_operator(request), await _read(request, PasskeyRequest)
    platform = platform_of(request)
    announce_change(platform, session, await platform.passkeys.step_up(wanted, session))
    return _nothing()


# --- one's own factors --------------------------------------------------------------------------------------------


async def get_security(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/me/security."""
    session = await read_operator(request)
    platform = platform_of(request)
    names = {one.issuer: one.name for one in platform.settings.oidc_providers}
    idle_ms = platform.settings.operator_idle_days * DAY_MS
    idle = confirmed_ms() - (min(idle_ms, session.idle_ms) if session.idle_ms else idle_ms)

    def read(connection: Connection) -> SecurityView:
        person = find_active_operator(connection, session.subject)
        if person is None:
            raise Refused("invalid_token")
        policy = find_account_policy(connection, session.workspace)
        return SecurityView(
            password=bool(person.password_hash),
            totp=find_totp_secret(connection, session.subject) is not None,
            recovery_codes_left=count_recovery_codes(connection, session.subject),
            passkeys=[
                PasskeyView(one.id, one.name, one.backed_up, one.created_at, one.last_used_at)
                for one in passkeys_of(connection, session.subject)
            ],
            identities=[
                LinkedIdentity(
                    one.issuer,
                    one.subject,
                    one.label,
                    names.get(one.issuer, one.issuer),
                    one.created_at,
                    one.last_used_at,
                )
                for one in identities_of(connection, session.subject)
            ],
            sessions=[
                SessionView(
                    one.id,
                    one.device,
                    one.place,
                    one.factors,
                    one.created_at,
                    session.seen_at if one.id == session.id else one.last_seen_at,
                    one.id == session.id,
                )
                for one in sessions_of(connection, session.subject, idle)
                if policy.end_of(one.created_at, one.expires_at, one.factors) > now_ms()
            ],
            fresh=is_fresh(session.factor_at, now_ms()),
            expires_at=session.expires_at,
        )

    return _json(await platform.reader.read(read))


async def post_password(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/me/password."""
    session, wanted = await read_operator(request), await _read(request, PasswordRequest)
    platform = platform_of(request)
    attempt = change_password(wanted, session, _device(request), platform.ledger, platform.reader, platform.vault)
    ended = await throttled(platform, _guesser(request, session), attempt, "wrong_password")
    tell_ended(platform.bus, ended)
    return _nothing()


async def post_totp_begin(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/me/totp/begin."""
    session, platform = await read_operator(request), platform_of(request)
    return _json(await begin_totp(session, platform.ledger, platform.vault))


async def post_totp_confirm(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/me/totp/confirm."""
    session, wanted = await read_operator(request), await _read(request, TotpConfirm)
    platform = platform_of(request)
    codes, ended, changed = await confirm_totp(wanted, session, _device(request), platform.ledger, platform.vault)
    tell_ended(platform.bus, ended)
    announce_change(platform, session, changed)
    return _json(codes)


async def post_totp_remove(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/me/totp/remove."""
    session, wanted = await read_operator(request), await _read(request, FactorRemove)
    platform = platform_of(request)
    tell_ended(platform.bus, await remove_totp(wanted, session, _device(request), platform.ledger, platform.vault))
    return _nothing()


async def post_recovery_codes(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/me/recovery-codes."""
    session, platform = await read_operator(request), platform_of(request)
    return _json(await renew_recovery_codes(session, _device(request), platform.ledger, platform.vault))


async def post_add_passkey_options(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/me/passkeys/options."""
    session = await read_operator(request)
    return _json(await platform_of(request).passkeys.ask_to_add(session))


async def post_add_passkey(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/me/passkeys."""
    session, wanted = await read_operator(request), await _read(request, PasskeyRequest)
    platform = platform_of(request)
    ended, changed = await platform.passkeys.add(wanted, session, _device(request))
    tell_ended(platform.bus, ended)
    announce_change(platform, session, changed)
    return _nothing()


async def post_rename_passkey(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/me/passkeys/ID/rename."""
    session, wanted = await read_operator(request), await _read(request, NameRequest)
    await platform_of(request).passkeys.rename(session, request.path_params["passkey"], wanted.name)
    return _nothing()


async def post_remove_passkey(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/me/passkeys/ID/remove."""
    session, wanted = await read_operator(request), await _read(request, FactorRemove)
    platform = platform_of(request)
    passkey: str = request.path_params["passkey"]
    tell_ended(platform.bus, await platform.passkeys.remove(wanted, session, passkey, _device(request)))
    return _nothing()


# --- one's own sessions -------------------------------------------------------------------------------------------


async def post_sign_out(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/sign-out."""
    session, platform = await read_operator(request), platform_of(request)
    await sign_out(session, platform.ledger, platform.bus)
    platform.sessions.forget(session.id)
    return _nothing()


async def post_end_session(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/me/sessions/ID/end."""
    session, platform = await read_operator(request), platform_of(request)
    wanted: str = request.path_params["session"]
    ended = await platform.ledger.write(lambda connection: end_own(connection, session, wanted))
    if not ended:
        raise Refused("not_found")
    tell_ended(platform.bus, ended)
    return _nothing()


async def post_end_others(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/me/sessions/end-others."""
    session, platform = await read_operator(request), platform_of(request)
    tell_ended(platform.bus, await platform.ledger.write(lambda connection: end_others_of(connection, session)))
    return _nothing()


async def post_end_all(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/me/sessions/end-all."""
    session, platform = await read_operator(request), platform_of(request)
    tell_ended(platform.bus, await platform.ledger.write(lambda connection: end_own(connection, session)))
    return _nothing()


# --- shared -------------------------------------------------------------------------------------------------------


async def _read(request: AnyRequest, wanted: type[T]) -> T:
    """The body. What signs somebody in is short; the rest is a flood."""
    return await read_json(request, wanted, MOST_BYTES)


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An empty object."""


def terms_of(platform: Platform) -> SessionTerms:
    """How long sessions of operators last here."""
    return SessionTerms(platform.settings.operator_session_days, platform.vault)


def announce_change(platform: Platform, session: Session, changed: bool) -> None:
    """Make every node read the operator's sessions again, if their rights have changed."""
    if changed:
        platform.bus.change_person(session.workspace, session.subject)


def require_key(request: AnyRequest) -> str:
    """The thumbprint of the key that signed a request that has no session yet.

    Raises:
        Refused: `invalid_proof`, `use_dpop_nonce`.
    """
    proof = read_proof(request, None)
    if proof is None:
        raise Refused("invalid_proof")
    return proof.thumbprint


def _guesser(request: AnyRequest, session: Session) -> Guesser:
    return Guesser(session.subject, session.thumbprint or "", client_network(request))


def _device(request: AnyRequest) -> str:
    return device_name(request.headers.get("user-agent", ""))


def _json(answer: object, status: int = 200) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), status_code=status, media_type="application/json")


def _nothing() -> Response[None]:
    return Response(None, status_code=204)
