"""Signing in, joining, connecting an account and stepping up at an OpenID provider, over HTTP."""

import msgspec
from litestar import Response
from sqlalchemy import Connection

from crumbless.actions.invitation_accept import begin_joining
from crumbless.actions.oidc_sign_in import (
    join_by_identity,
    link_identity,
    sign_in_by_identity,
    step_up_by_identity,
    unlink_identity,
)
from crumbless.api.account_api import announce_change, require_key, terms_of
from crumbless.api.device_read import device_name, read_device
from crumbless.api.page_views import get_desk
from crumbless.api.request_read import (
    AnyRequest,
    client_network,
    platform_of,
    read_json,
    read_operator,
    take_token,
)
from crumbless.domain.access import Session
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


async def get_ways(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/sign-in/ways."""
    providers = platform_of(request).settings.oidc_providers
    return _json(SignInWays([OidcProviderName(one.id, one.name) for one in providers]))


async def get_return(request: AnyRequest) -> Response[str]:
    """GET /desk/oidc/PROVIDER: the desk, whose script takes code and state out of the address and sends them on."""
    return await get_desk(request)


async def post_sign_in_start(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/sign-in/oidc/start."""
    platform = platform_of(request)
    wanted = await read_json(request, OidcSignInRequest)
    thumbprint = require_key(request)
    take_token(platform.limits.sign_ins, client_network(request))
    if use := wanted.invitation:
        joining = await platform.reader.read(lambda connection: begin_joining(connection, use))
        location = await platform.oidc.start_joining(wanted.provider, thumbprint, joining)
    else:
        location = await platform.oidc.start(wanted.provider, thumbprint, "sign_in")
    return _json(OidcStartAnswer(location))


async def post_sign_in_finish(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/sign-in/oidc/finish."""
    platform = platform_of(request)
    wanted = await read_json(request, OidcFinishRequest)
    thumbprint = require_key(request)
    take_token(platform.limits.sign_ins, client_network(request))
    ticket, token = await platform.oidc.finish(
        wanted.provider, wanted.state, wanted.code, wanted.iss, thumbprint, {"sign_in", "invitation"}
    )
    device = read_device(request, thumbprint, wanted.time_zone)
    terms = terms_of(platform)

    def begin(connection: Connection) -> SignInAnswer:
        if ticket.data["purpose"] == "invitation":
            return join_by_identity(connection, ticket, token, device, terms)
        return sign_in_by_identity(connection, token, device, terms)

    return _json(await platform.ledger.write(begin))


async def post_link_start(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/me/identities/start."""
    session, wanted = await read_operator(request), await read_json(request, OidcStartRequest)
    platform = platform_of(request)
    location = await platform.oidc.start(wanted.provider, _key_of(session), "link", session.subject, session.workspace)
    return _json(OidcStartAnswer(location))


async def post_link_finish(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/me/identities/finish."""
    session, wanted = await read_operator(request), await read_json(request, OidcFinishRequest)
    platform = platform_of(request)
    ticket, token = await platform.oidc.finish(
        wanted.provider, wanted.state, wanted.code, wanted.iss, _key_of(session), {"link"}
    )
    device = device_name(request.headers.get("user-agent", ""))
    await platform.ledger.write(
        lambda connection: link_identity(connection, platform.vault, session, ticket, token, device)
    )
    return Response(None, status_code=204)


async def post_unlink(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/me/identities/remove."""
    session, wanted = await read_operator(request), await read_json(request, IdentityRemoveRequest)
    platform = platform_of(request)
    device = device_name(request.headers.get("user-agent", ""))
    await platform.ledger.write(
        lambda connection: unlink_identity(connection, platform.vault, session, wanted.issuer, wanted.subject, device)
    )
    return Response(None, status_code=204)


async def post_step_up_start(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/step-up/oidc/start."""
    session, wanted = await read_operator(request), await read_json(request, OidcStartRequest)
    platform = platform_of(request)
    location = await platform.oidc.start(
        wanted.provider, _key_of(session), "step_up", session.subject, session.workspace
    )
    return _json(OidcStartAnswer(location))


async def post_step_up_finish(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/step-up/oidc/finish."""
    session, wanted = await read_operator(request), await read_json(request, OidcFinishRequest)
    platform = platform_of(request)
    ticket, token = await platform.oidc.finish(
        wanted.provider, wanted.state, wanted.code, wanted.iss, _key_of(session), {"step_up"}
    )
    changed = await platform.ledger.write(lambda connection: step_up_by_identity(connection, session, ticket, token))
    session.factor_at = now_ms()
    announce_change(platform, session, changed)
    return Response(None, status_code=204)


def _key_of(session: Session) -> str:
    if session.thumbprint is None:
        raise Refused("invalid_proof")
    return session.thumbprint


def _json(answer: object) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), status_code=200, media_type="application/json")
