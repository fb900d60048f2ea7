"""Bans, over HTTP."""

from crumbless.api.call import OperatorCall
from crumbless.api.visitor_parts import VisitorServices
from crumbless.domain.wire_identity import BanRequest, BansResponse
from crumbless.store.ban_store import current_bans


async def get_bans(call: OperatorCall) -> BansResponse:
    """Return the bans that are in force."""
    return BansResponse(await call.read(current_bans, call.workspace))


async def post_ban(call: OperatorCall, wanted: BanRequest) -> BansResponse:
    """Ban the visitor of a conversation."""
    return await call.of(VisitorServices).ban.ban(call.session, wanted)


async def post_lift_ban(call: OperatorCall, ban: str) -> None:
    """Lift a ban."""
    await call.of(VisitorServices).ban.lift(call.session, ban)
