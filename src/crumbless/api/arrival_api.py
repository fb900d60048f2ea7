"""What people ask over HTTP who have a link and no session: to set up, to accept an invitation, to replace a password.

The secret comes in a body: it stood in a fragment, which browsers do not send, and fetching a link has no effect.
"""

import msgspec
from litestar import Response

from crumbless.actions.invitation_accept import accept_invitation, read_invitation
from crumbless.actions.password_reset import ask_for_reset, reset_password
from crumbless.actions.profile_change import confirm_email_change
from crumbless.actions.workspace_begin import begin_workspace, read_setup
from crumbless.api.account_api import MOST_BYTES, require_key, terms_of
from crumbless.api.device_read import read_device
from crumbless.api.request_read import (
    AnyRequest,
    client_network,
    platform_of,
    read_json,
    take_token,
)
from crumbless.api.site_api import tell_site
from crumbless.domain.mail_order import check_address
from crumbless.domain.wire_account import InvitationUse, PasskeyRequest
from crumbless.domain.wire_people import (
    InvitationAcceptRequest,
    PasswordReset,
    ResetRequest,
    SecretRequest,
    SetUpAnswer,
    SetUpRequest,
)


async def post_setup_read(request: AnyRequest) -> Response[bytes]:
    """POST /v1/setup/read."""
    platform = platform_of(request)
    wanted = await read_json(request, SecretRequest)
    take_token(platform.limits.sign_ins, client_network(request))
    return _json(await platform.reader.read(lambda connection: read_setup(connection, wanted.secret)))


async def post_setup(request: AnyRequest) -> Response[bytes]:
    """POST /v1/setup."""
    platform = platform_of(request)
    wanted = await read_json(request, SetUpRequest)
    thumbprint = require_key(request)
    take_token(platform.limits.sign_ins, client_network(request))
    device = read_device(request, thumbprint, wanted.time_zone)
    signed_in, site = await begin_workspace(wanted, device, platform.ledger, platform.reader, terms_of(platform))
    told = tell_site(site, platform.settings.address)
    return _json(SetUpAnswer(signed_in.token, signed_in.expires_at, signed_in.operator, told))


async def post_invitation_read(request: AnyRequest) -> Response[bytes]:
    """POST /v1/invitations/read."""
    platform = platform_of(request)
    wanted = await read_json(request, SecretRequest)
    take_token(platform.limits.sign_ins, client_network(request))
    return _json(await platform.reader.read(lambda connection: read_invitation(connection, wanted.secret)))


async def post_invitation_accept(request: AnyRequest) -> Response[bytes]:
    """POST /v1/invitations/accept."""
    platform = platform_of(request)
    wanted = await read_json(request, InvitationAcceptRequest)
    thumbprint = require_key(request)
    take_token(platform.limits.sign_ins, client_network(request))
    device = read_device(request, thumbprint, wanted.time_zone)
    return _json(await accept_invitation(wanted, device, platform.ledger, platform.reader, terms_of(platform)))


async def post_invitation_passkey_options(request: AnyRequest) -> Response[bytes]:
    """POST /v1/invitations/passkey/options."""
    platform = platform_of(request)
    wanted = await read_json(request, InvitationUse)
    thumbprint = require_key(request)
    take_token(platform.limits.passkey_asks, client_network(request))
    return _json(await platform.passkeys.ask_to_join(wanted, thumbprint))


async def post_invitation_passkey(request: AnyRequest) -> Response[bytes]:
    """POST /v1/invitations/passkey."""
    platform = platform_of(request)
    wanted = await read_json(request, PasskeyRequest, MOST_BYTES)
    thumbprint = require_key(request)
    take_token(platform.limits.passkey_asks, client_network(request))
    device = read_device(request, thumbprint, wanted.time_zone)
    return _json(await platform.passkeys.join(wanted, device, terms_of(platform)))


async def post_reset_request(request: AnyRequest) -> Response[None]:
    """POST /v1/reset/request."""
    platform = platform_of(request)
    wanted = await read_json(request, ResetRequest)
    email = check_address(wanted.email.strip()).lower()
    take_token(platform.limits.sign_ins, client_network(request))
    take_token(platform.limits.resets, email)
    await platform.ledger.write(lambda connection: ask_for_reset(connection, email, platform.vault))
    return Response(None, status_code=204)


async def post_reset(request: AnyRequest) -> Response[None]:
    """POST /v1/reset."""
    platform = platform_of(request)
    wanted = await read_json(request, PasswordReset)
    take_token(platform.limits.sign_ins, client_network(request))
    # The link is enough: the request needs no key, and the new session will have one of its own.
    device = read_device(request, "", "")
    ended = await reset_password(
        wanted.secret, wanted.password, device, platform.ledger, platform.reader, platform.vault
    )
    for session in ended:
        platform.bus.end_session(session)
    return Response(None, status_code=204)


async def post_email_confirm(request: AnyRequest) -> Response[None]:
    """POST /v1/email/confirm."""
    platform = platform_of(request)
    wanted = await read_json(request, SecretRequest)
    take_token(platform.limits.sign_ins, client_network(request))
    workspace, operator_id = await platform.ledger.write(
        lambda connection: confirm_email_change(connection, wanted.secret, platform.vault)
    )
    platform.bus.change_person(workspace, operator_id)
    return Response(None, status_code=204)


def _json(answer: object) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), status_code=200, media_type="application/json")
