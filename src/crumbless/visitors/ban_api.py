"""Bans, over HTTP."""

from crumbless.core.errors import ApiError
from crumbless.http.call import OperatorCall
from crumbless.security.visibility import visible
from crumbless.visitors.ban_store import current_bans, preview_ban
from crumbless.visitors.identity_wire import BanPreview, BanRequest, BansResponse
from crumbless.visitors.visitor_services import VisitorServices


async def get_bans(call: OperatorCall) -> BansResponse:
    """Return the bans that are in force."""
    return BansResponse(await call.read(current_bans, call.workspace))


async def get_ban_preview(call: OperatorCall, conversation: str) -> BanPreview:
    """Return how many other visitors a ban of the network would affect."""
    found = await call.read(preview_ban, call.workspace, conversation, visible(call.session))
    if found is None:
        raise ApiError("not_found")
    return found


async def post_ban(call: OperatorCall, wanted: BanRequest) -> BansResponse:
    """Ban the visitor of a conversation."""
    return await call.of(VisitorServices).ban.ban(call.session, wanted)


async def post_lift_ban(call: OperatorCall, ban: str) -> None:
    """Lift a ban."""
    await call.of(VisitorServices).ban.lift(call.session, ban)
