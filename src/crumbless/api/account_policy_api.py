"""How the operators of a workspace must sign in, over HTTP."""

import msgspec
from litestar import Response

from crumbless.actions.account_policy_change import PolicyLimits, change_account_policy, read_account_policy
from crumbless.actions.session_end import tell_ended
from crumbless.api.request_read import AnyRequest, platform_of, read_json, read_operator
from crumbless.domain.wire_account import AccountPolicyRequest


async def get_account_policy(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/account-policy."""
    session, platform = await read_operator(request), platform_of(request)
    limits = PolicyLimits.of(platform.settings)
    view = await platform.reader.read(lambda connection: read_account_policy(connection, session, limits))
    return Response(msgspec.json.encode(view), status_code=200, media_type="application/json")


async def post_account_policy(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/account-policy."""
    session, wanted = await read_operator(request), await read_json(request, AccountPolicyRequest)
    platform = platform_of(request)
    limits = PolicyLimits.of(platform.settings)
    changed = await platform.ledger.write(lambda connection: change_account_policy(connection, session, wanted, limits))
    tell_ended(platform.bus, changed.ended)
    # Every node reads their sessions again: other limits hold for them now.
    for operator_id in changed.operators:
        platform.bus.change_person(session.workspace, operator_id)
    return Response(None, status_code=204)
