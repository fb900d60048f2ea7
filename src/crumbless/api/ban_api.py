"""Bans, over HTTP."""

from crumbless.api.call import OperatorCall
from crumbless.domain.wire_identity import BanRequest, BansAnswer
from crumbless.store.ban_store import current_bans


async def get_bans(call: OperatorCall) -> BansAnswer:
    """Return the bans that are in force."""
    return BansAnswer(await call.read(current_bans, call.workspace))


async def post_ban(call: OperatorCall, wanted: BanRequest) -> BansAnswer:
    """Ban the visitor of a conversation."""
    return await call.platform.visitors.ban.ban(call.session, wanted)


async def post_lift_ban(call: OperatorCall, ban: str) -> None:
    """Lift a ban."""
    await call.platform.visitors.ban.lift(call.session, ban)
