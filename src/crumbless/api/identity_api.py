"""Who a visitor is: what visitors and the pages of sites ask, and what the people of a site set."""

import time

import msgspec
from litestar import Response

from crumbless.actions.visitor_log_out import log_out_visitor
from crumbless.api.request_read import (
    AnyRequest,
    client_network,
    platform_of,
    read_caller,
    read_json,
    read_operator,
    read_proof,
    read_visitor,
    take_token,
)
from crumbless.domain.mail_order import check_address
from crumbless.domain.wire_identity import (
    ContinueMailRequest,
    ContinueRequest,
    IdentifyRequest,
    IdentityKeyRequest,
    IdentityModeRequest,
)
from crumbless.errors import Refused
from crumbless.store.people_store import find_site


async def post_identify(request: AnyRequest) -> Response[bytes]:
    """POST /v1/visitor/identify: with a session, or signed by a new key without one."""
    platform = platform_of(request)
    asked = await read_json(request, IdentifyRequest)
    take_token(platform.limits.identifies, client_network(request))
    if request.headers.get("authorization"):
        session = await read_caller(request)
        return _json(await platform.visitors.vouch.identify(session, asked.site, asked.identity))
    proof = read_proof(request, None)
    if proof is None:
        raise Refused("invalid_proof")
    site = await platform.reader.read(lambda connection: find_site(connection, asked.site))
    if site is None:
        raise Refused("not_found")
    if asked.page_origin not in {*site.origins, platform.settings.address}:
        raise Refused("foreign_origin")
    await _check_network(request, site.workspace, proof.thumbprint)
    return _json(await platform.visitors.vouch.resume(site, asked.identity, proof.thumbprint))


async def post_logout(request: AnyRequest) -> Response[None]:
    """POST /v1/visitor/logout."""
    platform = platform_of(request)
    session = await read_visitor(request)
    await log_out_visitor(session, platform.ledger, platform.bus)
    platform.sessions.forget(session.id)
    return Response(None, status_code=204)


async def post_continue_code(request: AnyRequest) -> Response[bytes]:
    """POST /v1/visitor/continue/code."""
    platform = platform_of(request)
    session = await read_visitor(request)
    take_token(platform.limits.continue_codes, session.conversation)
    return _json(await platform.visitors.goes_on.make_code(session))


async def post_continue_mail(request: AnyRequest) -> Response[None]:
    """POST /v1/visitor/continue/mail."""
    platform = platform_of(request)
    session = await read_visitor(request)
    asked = await read_json(request, ContinueMailRequest)
    check_address(asked.email)
    for key in (session.conversation, client_network(request)):
        take_token(platform.limits.continue_mails, key)
    await platform.visitors.goes_on.send_link(session, asked.email, asked.language)
    return Response(None, status_code=204)


async def post_continue(request: AnyRequest) -> Response[bytes]:
    """POST /v1/visitor/continue."""
    platform = platform_of(request)
    asked = await read_json(request, ContinueRequest)
    proof = read_proof(request, None)
    if proof is None:
        raise Refused("invalid_proof")
    guesser = f"continue {client_network(request)}"
    if wait := platform.limits.guesses.wait(guesser, time.monotonic()):
        raise Refused("slow_down", retry_after=wait)
    # Counted before it is known, so that many at once are not one.
    platform.limits.guesses.count(guesser, time.monotonic())
    try:
        site = await platform.reader.read(lambda connection: find_site(connection, asked.site))
        if site is None:
            raise Refused("ticket_gone")
        await _check_network(request, site.workspace, proof.thumbprint)
        answer = await platform.visitors.goes_on.take(site, asked.secret, proof.thumbprint)
    except Refused as refused:
        if refused.code != "ticket_gone":
            platform.limits.guesses.take_back(guesser)
        raise
    # Not forgiven: who has one code of their own must not guess others for ever.
    platform.limits.guesses.take_back(guesser)
    return _json(answer)


async def get_site_identity(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/sites/KEY/identity."""
    session = await read_operator(request)
    return _json(await platform_of(request).visitors.identity.read(session, request.path_params["key"]))


async def post_site_identity(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/sites/KEY/identity."""
    session = await read_operator(request)
    asked = await read_json(request, IdentityModeRequest)
    parts = platform_of(request).visitors
    return _json(await parts.identity.set_mode(session, request.path_params["key"], asked.mode))


async def post_identity_key(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/sites/KEY/identity/keys."""
    session = await read_operator(request)
    asked = await read_json(request, IdentityKeyRequest)
    parts = platform_of(request).visitors
    return _json(await parts.identity.add_key(session, request.path_params["key"], asked), 201)


async def post_retire_key(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/sites/KEY/identity/keys/KID/retire."""
    session = await read_operator(request)
    parts = platform_of(request).visitors
    return _json(await parts.identity.retire_key(session, request.path_params["key"], request.path_params["kid"]))


async def _check_network(request: AnyRequest, workspace: int, thumbprint: str) -> None:
    """Raises Refused `banned` for a key or a network that is."""
    visitors = platform_of(request).visitors
    bans = await visitors.bans.current()
    if bans.holds(workspace, key=thumbprint, network=visitors.network_hash(client_network(request))):
        raise Refused("banned")


def _json(answer: object, status: int = 200) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), status_code=status, media_type="application/json")
