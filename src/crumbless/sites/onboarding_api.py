"""Requests of people who have a link but no session: set-up, invitations, password resets, address changes.

The secret is in the link's fragment, which browsers do not send. The page sends it in a body, so fetching a link has no
effect.
"""

from crumbless.accounts.account_wire import InvitationUse, PasskeyOptions, PasskeyRequest, SignInResponse
from crumbless.http.call import KeyCall, PublicCall
from crumbless.http.device import read_device
from crumbless.http.request import take_token
from crumbless.mail.mail_message import check_address
from crumbless.people.people_wire import (
    InvitationAcceptRequest,
    InvitationResponse,
    PasswordReset,
    ResetRequest,
    SecretRequest,
)
from crumbless.people.profile_change import confirm_email_change
from crumbless.sign_in.invitation_accept import accept_invitation, read_invitation
from crumbless.sign_in.passkeys import Passkeys
from crumbless.sign_in.password_reset import ask_for_reset, reset_password
from crumbless.sign_in.session_begin import SessionTerms
from crumbless.sign_in.sign_in_limits import SignInLimits
from crumbless.sites.site_store import site_response
from crumbless.sites.site_wire import SetUpLinkResponse, SetUpRequest, SetUpResponse
from crumbless.sites.workspace_begin import begin_workspace, read_setup


async def post_setup_read(call: PublicCall, wanted: SecretRequest) -> SetUpLinkResponse:
    """Return what a set-up link is for."""
    return await call.read(read_setup, wanted.secret)


async def post_setup(call: KeyCall, wanted: SetUpRequest) -> SetUpResponse:
    """Set up a workspace with its first owner and site."""
    signed_in, site = await begin_workspace(
        call.services, call.device(wanted.time_zone), wanted, SessionTerms.of(call.platform)
    )
    return SetUpResponse(signed_in.token, signed_in.expires_at, signed_in.operator, site_response(site, call.address))


async def post_invitation_read(call: PublicCall, wanted: SecretRequest) -> InvitationResponse:
    """Return who invites whom to what."""
    return await call.read(read_invitation, wanted.secret)


async def post_invitation_accept(call: KeyCall, wanted: InvitationAcceptRequest) -> SignInResponse:
    """Accept an invitation with a password."""
    return await accept_invitation(call.services, call.device(wanted.time_zone), wanted, SessionTerms.of(call.platform))


async def post_invitation_passkey_options(call: KeyCall, wanted: InvitationUse) -> PasskeyOptions:
    """Return the challenge for accepting an invitation with a passkey."""
    return await call.of(Passkeys).ask_to_join(wanted, call.thumbprint)


async def post_invitation_passkey(call: KeyCall, wanted: PasskeyRequest) -> SignInResponse:
    """Accept an invitation with a passkey."""
    return await call.of(Passkeys).join(wanted, call.device(wanted.time_zone), SessionTerms.of(call.platform))


async def post_reset_request(call: PublicCall, wanted: ResetRequest) -> None:
    """Send a link for a new password, if the address is an operator's."""
    email = check_address(wanted.email.strip()).lower()
    take_token(call.of(SignInLimits).resets, email)
    await call.write(ask_for_reset, email, call.platform.secret_box)


async def post_reset(call: PublicCall, wanted: PasswordReset) -> None:
    """Replace the password."""
    # The link is sufficient. The request needs no key, because it creates no session.
    await reset_password(call.services, read_device(call.request, "", ""), wanted)


async def post_email_confirm(call: PublicCall, wanted: SecretRequest) -> None:
    """Confirm a new email address."""
    await call.write(confirm_email_change, wanted.secret, call.platform.secret_box)
