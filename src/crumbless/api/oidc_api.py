"""Signing in, joining, connecting an account and stepping up at an OpenID provider, over HTTP."""

from litestar import Response

from crumbless.actions.invitation_accept import begin_joining
from crumbless.actions.oidc_sign_in import (
    Purpose,
    join_by_identity,
    link_identity,
    sign_in_by_identity,
    step_up_by_identity,
    unlink_identity,
)
from crumbless.api.call import Call, KeyCall, OperatorCall, PublicCall
from crumbless.api.page_views import get_desk
from crumbless.domain.id_token import IdToken
from crumbless.domain.wire_account import (
    IdentityRemoveRequest,
    OidcFinishRequest,
    OidcProviderName,
    OidcSignInRequest,
    OidcStartAnswer,
    OidcStartRequest,
    SignInAnswer,
    SignInWays,
)
from crumbless.errors import Refused
from crumbless.ids import now_ms
from crumbless.store.ticket_store import Ticket


async def get_ways(call: PublicCall) -> SignInWays:
    """Return the providers at which operators can sign in."""
    return SignInWays([OidcProviderName(one.id, one.name) for one in call.platform.settings.oidc_providers])


async def get_return(call: PublicCall, provider: str) -> Response[str]:
    """Return the desk, whose script takes code and state out of the address and sends them on."""
    return await get_desk(call)


async def post_sign_in_start(call: KeyCall, wanted: OidcSignInRequest) -> OidcStartAnswer:
    """Begin a sign-in, or joining by an invitation, at a provider."""
    oidc = call.platform.oidc
    if wanted.invitation:
        joining = await call.read(begin_joining, wanted.invitation)
        return OidcStartAnswer(await oidc.start_joining(wanted.provider, call.thumbprint, joining))
    return OidcStartAnswer(await oidc.start(wanted.provider, call.thumbprint, "sign_in"))


async def post_sign_in_finish(call: KeyCall, wanted: OidcFinishRequest) -> SignInAnswer:
    """Finish a sign-in, or joining by an invitation, at a provider."""
    ticket, token = await _finish(call, wanted, call.thumbprint, "sign_in", "invitation")
    device, terms = call.device(wanted.time_zone), call.terms
    if ticket.data["purpose"] == "invitation":
        return await call.write(join_by_identity, ticket, token, device, terms)
    return await call.write(sign_in_by_identity, token, device, terms)


async def post_link_start(call: OperatorCall, wanted: OidcStartRequest) -> OidcStartAnswer:
    """Begin to connect the operator's account at a provider."""
    return await _start(call, wanted, "link")


async def post_link_finish(call: OperatorCall, wanted: OidcFinishRequest) -> None:
    """Connect the operator's account at a provider."""
    ticket, token = await _finish(call, wanted, _key_of(call), "link")
    await call.write(link_identity, call.platform.vault, ticket, token, call.device)


async def post_unlink(call: OperatorCall, wanted: IdentityRemoveRequest) -> None:
    """Disconnect the operator's account at a provider."""
    await call.write(unlink_identity, call.platform.vault, wanted.issuer, wanted.subject, call.device)


async def post_step_up_start(call: OperatorCall, wanted: OidcStartRequest) -> OidcStartAnswer:
    """Begin to re-authenticate at a provider."""
    return await _start(call, wanted, "step_up")


async def post_step_up_finish(call: OperatorCall, wanted: OidcFinishRequest) -> None:
    """Re-authenticate at a provider."""
    ticket, token = await _finish(call, wanted, _key_of(call), "step_up")
    await call.write(step_up_by_identity, ticket, token)
    call.session.factor_at = now_ms()


async def _start(call: OperatorCall, wanted: OidcStartRequest, purpose: Purpose) -> OidcStartAnswer:
    oidc, session = call.platform.oidc, call.session
    return OidcStartAnswer(
        await oidc.start(wanted.provider, _key_of(call), purpose, session.subject, session.workspace)
    )


async def _finish(call: Call, wanted: OidcFinishRequest, thumbprint: str, *purposes: Purpose) -> tuple[Ticket, IdToken]:
    oidc = call.platform.oidc
    return await oidc.finish(wanted.provider, wanted.state, wanted.code, wanted.iss, thumbprint, {*purposes})


def _key_of(call: OperatorCall) -> str:
    if call.session.thumbprint is None:
        raise Refused("invalid_proof")
    return call.session.thumbprint
