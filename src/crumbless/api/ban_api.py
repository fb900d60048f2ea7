"""What operators ask about bans."""

import msgspec
from litestar import Response

from crumbless.api.request_read import AnyRequest, platform_of, read_json, read_operator
from crumbless.domain.wire_identity import BanRequest, BansAnswer
from crumbless.store.ban_store import current_bans


async def get_bans(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/bans."""
    session = await read_operator(request)
    bans = await platform_of(request).reader.read(lambda connection: current_bans(connection, session.workspace))
    return Response(msgspec.json.encode(BansAnswer(bans)), media_type="application/json")


async def post_ban(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/bans."""
    session = await read_operator(request)
    asked = await read_json(request, BanRequest)
    answer = await platform_of(request).visitors.ban.ban(session, asked)
    return Response(msgspec.json.encode(answer), status_code=201, media_type="application/json")


async def post_lift_ban(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/bans/ID/lift."""
    session = await read_operator(request)
    await platform_of(request).visitors.ban.lift(session, request.path_params["ban"])
    return Response(None, status_code=204)
