"""What visitors ask over HTTP: to start."""

import msgspec
from litestar import Response

from crumbless.actions.conversation_start import start_conversation
from crumbless.api.request_read import AnyRequest, client_network, platform_of, read_json, read_proof, take_token
from crumbless.domain.wire import StartRequest


async def start(request: AnyRequest) -> Response[bytes]:
    """POST /v1/visitor/start."""
    platform = platform_of(request)
    wanted = await read_json(request, StartRequest)
    proof = read_proof(request, None)
    take_token(platform.limits.starts, client_network(request))
    answer = await start_conversation(
        wanted,
        None if proof is None else proof.thumbprint,
        platform.ledger,
        platform.reader,
        platform.settings.visitor_session_days,
    )
    return Response(msgspec.json.encode(answer), status_code=201, media_type="application/json")
