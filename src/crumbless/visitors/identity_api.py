"""Identity verification and device transfer of visitors, and their settings of a site, over HTTP."""

import time

from crumbless.core.errors import ApiError
from crumbless.http.call import KeyCall, OperatorCall, PublicCall, VisitorCall
from crumbless.http.request import read_caller, require_key, take_token
from crumbless.mail.mail_message import check_address
from crumbless.sign_in.sign_in_limits import SignInLimits
from crumbless.sites.site_store import find_site
from crumbless.visitors.identity_wire import (
    ContinueCodeRequest,
    DeviceTransferCode,
    DeviceTransferMailRequest,
    DeviceTransferRequest,
    IdentifyRequest,
    IdentifyResponse,
    IdentityKeyRequest,
    IdentityModeRequest,
    NewIdentityKeyResponse,
    SiteIdentity,
    VisitorSessionResponse,
)
from crumbless.visitors.visitor_limits import IdentityLimits
from crumbless.visitors.visitor_log_out import log_out_visitor
from crumbless.visitors.visitor_services import VisitorServices


async def post_identify(call: PublicCall, wanted: IdentifyRequest) -> IdentifyResponse:
    """Verify who the visitor is by a token of the site: with a session, or signed by a new key without one."""
    visitors = call.of(VisitorServices)
    if call.request.headers.get("authorization"):
        session = await read_caller(call.request)
        return await visitors.verification.identify(session, wanted.site, wanted.identity)
    thumbprint = require_key(call.request)
    site = await call.read(find_site, wanted.site)
    if site is None:
        raise ApiError("not_found")
    if wanted.page_origin not in {*site.origins, call.address}:
        raise ApiError("foreign_origin")
    await _check_key(call, site.workspace, thumbprint)
    return await visitors.verification.resume(site, wanted.identity, thumbprint)


async def post_logout(call: VisitorCall) -> None:
    """End the visitor's session."""
    await call.write(log_out_visitor)


async def post_device_transfer_code(call: VisitorCall, wanted: ContinueCodeRequest) -> DeviceTransferCode:
    """Return a code by which the chat continues on another device."""
    return await call.of(VisitorServices).device_transfer.make_code(call.session, wanted.conversation)


async def post_device_transfer_mail(call: VisitorCall, wanted: DeviceTransferMailRequest) -> None:
    """Send a link by which the chat continues on another device."""
    check_address(wanted.email)
    for key in (call.session.subject, call.network):
        take_token(call.of(IdentityLimits).device_transfer_mails, key)
    await call.of(VisitorServices).device_transfer.send_link(call.session, wanted)


async def post_device_transfer(call: KeyCall, wanted: DeviceTransferRequest) -> VisitorSessionResponse:
    """Begin a session on this device by a code or link from another."""
    guesser, guesses = f"continue {call.network}", call.of(SignInLimits).guesses
    if wait := guesses.wait(guesser, time.monotonic()):
        raise ApiError("slow_down", retry_after=wait)
    # Counted before the outcome is known, so that many attempts at once gain nothing.
    guesses.count(guesser, time.monotonic())
    try:
        site = await call.read(find_site, wanted.site)
        if site is None:
            raise ApiError("ticket_gone")
        await _check_key(call, site.workspace, call.thumbprint)
        session = await call.of(VisitorServices).device_transfer.take(site, wanted.secret, call.thumbprint)
    except ApiError as error:
        if error.code != "ticket_gone":
            guesses.take_back(guesser)
        raise
    # Earlier failures still count: a client with one valid code must not guess others indefinitely.
    guesses.take_back(guesser)
    return session


async def get_site_identity(call: OperatorCall, key: str) -> SiteIdentity:
    """Return how a site verifies visitors, and its keys."""
    return await call.of(VisitorServices).identity.read(call.session, key)


async def post_site_identity(call: OperatorCall, key: str, wanted: IdentityModeRequest) -> SiteIdentity:
    """Change whether a site verifies visitors."""
    return await call.of(VisitorServices).identity.set_mode(call.session, key, wanted.mode)


async def post_identity_key(call: OperatorCall, key: str, wanted: IdentityKeyRequest) -> NewIdentityKeyResponse:
    """Add a key that signs the tokens of a site."""
    return await call.of(VisitorServices).identity.add_key(call.session, key, wanted)


async def post_retire_key(call: OperatorCall, key: str, kid: str) -> SiteIdentity:
    """Retire a key of a site."""
    return await call.of(VisitorServices).identity.retire_key(call.session, key, kid)


async def _check_key(call: PublicCall, workspace: int, thumbprint: str) -> None:
    """Raise ApiError `banned` for a banned key. A banned network refuses new starts only."""
    bans = await call.of(VisitorServices).bans.current()
    if bans.holds(workspace, key=thumbprint):
        raise ApiError("banned")
