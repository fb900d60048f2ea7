"""Sign-in, joining, account connection and re-authentication at an OpenID provider, over HTTP."""

from crumbless.accounts.account_wire import (
    OidcAccountRemoveRequest,
    OidcFinishRequest,
    OidcProviderName,
    OidcSignInRequest,
    OidcStartRequest,
    OidcStartResponse,
    SignInMethods,
    SignInResponse,
)
from crumbless.accounts.one_time_token_store import OneTimeToken
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.http.call import Call, KeyCall, OperatorCall, PublicCall
from crumbless.sign_in.id_token import IdToken
from crumbless.sign_in.invitation_accept import begin_join
from crumbless.sign_in.oidc_sign_in import (
    OidcSignIn,
    Purpose,
    join_by_oidc,
    link_oidc_account,
    sign_in_by_oidc,
    step_up_by_oidc,
    unlink_oidc_account,
)
from crumbless.sign_in.session_begin import SessionTerms


async def get_sign_in_methods(call: PublicCall) -> SignInMethods:
    """Return the providers at which operators can sign in."""
    return SignInMethods([OidcProviderName(one.id, one.name) for one in call.platform.settings.sign_in.oidc_providers])


async def post_sign_in_start(call: KeyCall, wanted: OidcSignInRequest) -> OidcStartResponse:
    """Begin a sign-in, or joining by an invitation, at a provider."""
    oidc = call.of(OidcSignIn)
    if wanted.invitation:
        pending = await call.read(begin_join, wanted.invitation)
        return OidcStartResponse(await oidc.start_join(wanted.provider, call.thumbprint, pending))
    return OidcStartResponse(await oidc.start(wanted.provider, call.thumbprint, "sign_in"))


async def post_sign_in_finish(call: KeyCall, wanted: OidcFinishRequest) -> SignInResponse:
    """Finish a sign-in, or joining by an invitation, at a provider."""
    one_time_token, token = await _finish(call, wanted, call.thumbprint, "sign_in", "invitation")
    device, terms = call.device(wanted.time_zone), SessionTerms.of(call.platform)
    if one_time_token.data["purpose"] == "invitation":
        return await call.write(join_by_oidc, one_time_token, token, device, terms)
    return await call.write(sign_in_by_oidc, token, device, terms)


async def post_link_start(call: OperatorCall, wanted: OidcStartRequest) -> OidcStartResponse:
    """Begin to connect the operator's account at a provider."""
    return await _start(call, wanted, "link")


async def post_link_finish(call: OperatorCall, wanted: OidcFinishRequest) -> None:
    """Connect the operator's account at a provider."""
    one_time_token, token = await _finish(call, wanted, _key_of(call), "link")
    await call.write(link_oidc_account, call.platform.secret_box, one_time_token, token, call.device)


async def post_unlink(call: OperatorCall, wanted: OidcAccountRemoveRequest) -> None:
    """Disconnect the operator's account at a provider."""
    await call.write(unlink_oidc_account, call.platform.secret_box, wanted.issuer, wanted.subject, call.device)


async def post_step_up_start(call: OperatorCall, wanted: OidcStartRequest) -> OidcStartResponse:
    """Begin to re-authenticate at a provider."""
    return await _start(call, wanted, "step_up")


async def post_step_up_finish(call: OperatorCall, wanted: OidcFinishRequest) -> None:
    """Re-authenticate at a provider."""
    one_time_token, token = await _finish(call, wanted, _key_of(call), "step_up")
    await call.write(step_up_by_oidc, one_time_token, token)
    call.session.authenticated_at = now_ms()


async def _start(call: OperatorCall, wanted: OidcStartRequest, purpose: Purpose) -> OidcStartResponse:
    oidc, session = call.of(OidcSignIn), call.session
    return OidcStartResponse(
        await oidc.start(wanted.provider, _key_of(call), purpose, session.subject, session.workspace)
    )


async def _finish(
    call: Call, wanted: OidcFinishRequest, thumbprint: str, *purposes: Purpose
) -> tuple[OneTimeToken, IdToken]:
    oidc = call.of(OidcSignIn)
    return await oidc.finish(wanted.provider, wanted.state, wanted.code, wanted.iss, thumbprint, {*purposes})


def _key_of(call: OperatorCall) -> str:
    if call.session.thumbprint is None:
        raise ApiError("invalid_proof")
    return call.session.thumbprint
