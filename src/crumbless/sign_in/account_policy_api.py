"""The account policy of a workspace, over HTTP."""

from crumbless.accounts.account_wire import AccountPolicyRequest, AccountPolicyResponse
from crumbless.http.call import OperatorCall
from crumbless.sign_in.account_policy_change import PolicyLimits, change_account_policy, read_account_policy


async def get_account_policy(call: OperatorCall) -> AccountPolicyResponse:
    """Return the account policy."""
    return await call.read(read_account_policy, call.session, PolicyLimits.of(call.platform.settings.sign_in))


async def post_account_policy(call: OperatorCall, wanted: AccountPolicyRequest) -> None:
    """Change the account policy."""
    await call.write(change_account_policy, wanted, PolicyLimits.of(call.platform.settings.sign_in))
