"""Bans, over HTTP."""

from crumbless.http.call import OperatorCall
from crumbless.visitors.ban_store import current_bans
from crumbless.visitors.identity_wire import BanRequest, BansResponse
from crumbless.visitors.visitor_services import VisitorServices


async def get_bans(call: OperatorCall) -> BansResponse:
    """Return the bans that are in force."""
    return BansResponse(await call.read(current_bans, call.workspace))


async def post_ban(call: OperatorCall, wanted: BanRequest) -> BansResponse:
    """Ban the visitor of a conversation."""
    return await call.of(VisitorServices).ban.ban(call.session, wanted)


async def post_lift_ban(call: OperatorCall, ban: str) -> None:
    """Lift a ban."""
    await call.of(VisitorServices).ban.lift(call.session, ban)
