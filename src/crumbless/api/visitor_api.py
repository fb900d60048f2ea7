"""What visitors ask over HTTP: to start, to have what is kept about them, and to have it erased."""

import msgspec
from litestar import Response
from litestar.response import Stream

from crumbless.actions.conversation_start import Arrival, start_conversation
from crumbless.actions.visitor_privacy import erase_own, export_own
from crumbless.api.admission import admit_start
from crumbless.api.long_response import while_alive
from crumbless.api.request_read import (
    AnyRequest,
    client_network,
    platform_of,
    read_json,
    read_proof,
    read_visitor,
    take_token,
)
from crumbless.domain.wire import StartRequest


async def start(request: AnyRequest) -> Response[bytes]:
    """POST /v1/visitor/start."""
    platform = platform_of(request)
    wanted = await read_json(request, StartRequest)
    proof = read_proof(request, None)
    network = client_network(request)
    await admit_start(platform, network, wanted.site, wanted.work, proof and proof.thumbprint)
    answer = await start_conversation(
        wanted,
        Arrival(proof and proof.thumbprint, platform.visitors.network_hash(network)),
        platform.ledger,
        platform.reader,
        platform.visitors.vouch,
    )
    return Response(msgspec.json.encode(answer), status_code=201, media_type="application/json")


async def erase(request: AnyRequest) -> Response[bytes]:
    """POST /v1/visitor/erase."""
    platform = platform_of(request)
    session = await read_visitor(request)
    take_token(platform.limits.privacy, client_network(request))
    erased = await erase_own(session, platform.ledger, platform.bus)
    for ended in erased.ended:
        platform.sessions.forget(ended.id)
    return Response(msgspec.json.encode(erased.answer), status_code=200, media_type="application/json")


async def export(request: AnyRequest) -> Stream:
    """GET /v1/visitor/export."""
    platform = platform_of(request)
    session = await read_visitor(request)
    take_token(platform.limits.privacy, client_network(request))
    pieces = await export_own(session, platform.reader)
    return Stream(while_alive(request, session, pieces), media_type="application/json")
