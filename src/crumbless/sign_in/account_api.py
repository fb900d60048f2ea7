"""Operators' sign-in and account settings, over HTTP."""

from functools import partial

import msgspec

from crumbless.accounts.account_wire import (
    CodeRequest,
    FactorRemove,
    NameRequest,
    PasskeyOptions,
    PasskeyRequest,
    PasswordRequest,
    RecoveryCodes,
    SecurityResponse,
    SignInRequest,
    SignInResponse,
    SignInStep,
    StepUpRequest,
    TotpConfirm,
    TotpSetUp,
)
from crumbless.accounts.one_time_token_store import find_one_time_token
from crumbless.core.errors import ApiError
from crumbless.core.ids import confirmed_ms
from crumbless.core.time_units import DAY_MS
from crumbless.http.call import KeyCall, OperatorCall
from crumbless.sign_in.factor_change import begin_totp, change_password, confirm_totp, remove_totp, renew_recovery_codes
from crumbless.sign_in.guess_limit import Guesser, throttled
from crumbless.sign_in.passkeys import Passkeys
from crumbless.sign_in.password_sign_in import sign_in, sign_in_with_code, sign_out, step_up
from crumbless.sign_in.security_read import read_security
from crumbless.sign_in.session_begin import SessionTerms
from crumbless.sign_in.session_end import end_others_of, end_own

MAX_ACCOUNT_BODY = 8 * 1024
"""Longest request of a sign-in or of an account's settings, in bytes."""


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An empty object."""


async def post_sign_in(call: KeyCall, wanted: SignInRequest) -> SignInResponse | SignInStep:
    """Sign in with email and password."""
    wanted = msgspec.structs.replace(wanted, email=wanted.email.strip().lower())
    device = call.device(wanted.time_zone)
    guesser = Guesser(wanted.email, call.thumbprint, call.network)
    attempt = partial(sign_in, call.services, device, wanted, SessionTerms.of(call.platform))
    return await throttled(call.platform, guesser, attempt, "wrong_sign_in")


async def post_sign_in_code(call: KeyCall, wanted: CodeRequest) -> SignInResponse:
    """Finish a sign-in with a code of the authenticator app or a recovery code."""
    one_time_token = await call.read(find_one_time_token, "second_factor", wanted.one_time_token, call.thumbprint)
    terms = SessionTerms.of(call.platform)
    attempt = partial(sign_in_with_code, call.services, call.device(wanted.time_zone), wanted, terms)
    # Counted by account too: a client that knows the password can request many one-time tokens.
    guesser = Guesser(one_time_token.subject, call.thumbprint, call.network, "code")
    return await throttled(call.platform, guesser, attempt, "wrong_code")


async def post_passkey_options(call: KeyCall, _wanted: Nothing) -> PasskeyOptions:
    """Return the challenge for a sign-in with a passkey."""
    return await call.of(Passkeys).ask_to_sign_in(call.thumbprint)


async def post_passkey(call: KeyCall, wanted: PasskeyRequest) -> SignInResponse:
    """Sign in with a passkey."""
    return await call.of(Passkeys).sign_in(wanted, call.device(wanted.time_zone), SessionTerms.of(call.platform))


# --- re-authentication --------------------------------------------------------------------------------------------


async def post_step_up(call: OperatorCall, wanted: StepUpRequest) -> None:
    """Re-authenticate with the password or a code."""
    attempt = partial(step_up, call.services, call.session, wanted)
    await throttled(call.platform, _guesser(call), attempt, "wrong_password", "wrong_code")


async def post_step_up_passkey_options(call: OperatorCall) -> PasskeyOptions:
    """Return the challenge for a re-authentication with a passkey."""
    return await call.of(Passkeys).ask_to_step_up(call.session)


async def post_step_up_passkey(call: OperatorCall, wanted: PasskeyRequest) -> None:
    """Re-authenticate with a passkey."""
    await call.of(Passkeys).step_up(wanted, call.session)


# --- the operator's own factors -----------------------------------------------------------------------------------


async def get_security(call: OperatorCall) -> SecurityResponse:
    """Return the operator's factors, connected accounts and sessions."""
    settings = call.platform.settings
    idle_ms = settings.sign_in.operator_idle_days * DAY_MS
    idle_since = confirmed_ms() - (min(idle_ms, call.session.idle_ms) if call.session.idle_ms else idle_ms)
    providers = {one.issuer: one.name for one in settings.sign_in.oidc_providers}
    return await call.read(read_security, call.session, idle_since, providers)


async def post_password(call: OperatorCall, wanted: PasswordRequest) -> None:
    """Change the password."""
    attempt = partial(change_password, call.services, call.session, wanted, call.device)
    await throttled(call.platform, _guesser(call), attempt, "wrong_password")


async def post_totp_begin(call: OperatorCall) -> TotpSetUp:
    """Return the secret for a new authenticator app."""
    return await begin_totp(call.services, call.session)


async def post_totp_confirm(call: OperatorCall, wanted: TotpConfirm) -> RecoveryCodes:
    """Turn the authenticator app on and return the recovery codes."""
    return await confirm_totp(call.services, call.session, wanted, call.device)


async def post_totp_remove(call: OperatorCall, wanted: FactorRemove) -> None:
    """Turn the authenticator app off."""
    await call.write(remove_totp, wanted, call.device, call.platform.secret_box)


async def post_recovery_codes(call: OperatorCall) -> RecoveryCodes:
    """Replace the recovery codes."""
    return await call.write(renew_recovery_codes, call.device, call.platform.secret_box)


async def post_add_passkey_options(call: OperatorCall) -> PasskeyOptions:
    """Return the challenge for a new passkey."""
    return await call.of(Passkeys).ask_to_add(call.session)


async def post_add_passkey(call: OperatorCall, wanted: PasskeyRequest) -> None:
    """Add a passkey."""
    await call.of(Passkeys).add(wanted, call.session, call.device)


async def post_rename_passkey(call: OperatorCall, passkey: str, wanted: NameRequest) -> None:
    """Rename a passkey."""
    await call.of(Passkeys).rename(call.session, passkey, wanted.name)


async def post_remove_passkey(call: OperatorCall, passkey: str, wanted: FactorRemove) -> None:
    """Remove a passkey."""
    await call.of(Passkeys).remove(wanted, call.session, passkey, call.device)


# --- the operator's own sessions ----------------------------------------------------------------------------------


async def post_sign_out(call: OperatorCall) -> None:
    """Sign out."""
    await call.write(sign_out)


async def post_end_session(call: OperatorCall, session: str) -> None:
    """End one of the operator's sessions."""
    if not await call.write(end_own, session):
        raise ApiError("not_found")


async def post_end_others(call: OperatorCall) -> None:
    """End the operator's other sessions."""
    await call.write(end_others_of)


async def post_end_all(call: OperatorCall) -> None:
    """End all of the operator's sessions."""
    await call.write(end_own)


def _guesser(call: OperatorCall) -> Guesser:
    return Guesser(call.session.subject, call.session.thumbprint or "", call.network)
