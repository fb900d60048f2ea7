"""Sets up a workspace. The holder of the setup link names it and becomes its owner.

There is no default account. An installation without an owner prints a new link at each start, and the former link
becomes invalid. An installation with an owner never prints a link.
"""

from sqlalchemy import Connection

from crumbless.accounts.account_wire import SignInResponse
from crumbless.accounts.one_time_token_store import (
    OneTimeToken,
    find_one_time_token,
    new_one_time_token,
    spend_one_time_token,
    void_one_time_tokens,
)
from crumbless.accounts.operator_store import add_operator, find_active_operator
from crumbless.accounts.password import check_new_password
from crumbless.accounts.password_hashing import hash_of
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.names import FOR_PEOPLE, FOR_WORKSPACES, check_languages, check_name
from crumbless.core.time_units import HOUR_SECONDS
from crumbless.http.action_services import ActionServices
from crumbless.http.device import Device
from crumbless.ledger.transaction import Transaction
from crumbless.mail.mail_message import check_address
from crumbless.people.member_store import has_owner
from crumbless.people.workspace_store import add_workspace, find_workspace_response, rename_workspace
from crumbless.sign_in.session_begin import SessionTerms, begin_session
from crumbless.sites.site_change import check_appearance, make_site
from crumbless.sites.site_store import StoredSite
from crumbless.sites.site_wire import SetUpLinkResponse, SetUpRequest, SiteRequest

SETUP_HOURS = 24

FIRST = "first"
"""The subject of the first run's one-time token, whose workspace does not exist yet."""


def offer_first_setup(connection: Connection) -> str | None:
    """Return the secret of a new setup link. Return None if the installation has an owner."""
    return None if has_owner(connection) else _offer(connection, FIRST, None)


def offer_workspace(connection: Connection, name: str) -> str:
    """Add a workspace and return the secret of its setup link, whose holder becomes the owner.

    Raises:
        ApiError: `invalid` if the name is invalid.
    """
    workspace = add_workspace(connection, check_name(name, FOR_WORKSPACES))
    write_audit_log(connection, workspace, "workspace_added", target_kind="workspace", target_id=str(workspace))
    return _offer(connection, str(workspace), workspace)


def _offer(connection: Connection, subject: str, workspace: int | None) -> str:
    void_one_time_tokens(connection, "setup", subject)
    _, secret = new_one_time_token(
        connection, "setup", subject=subject, workspace=workspace, seconds=SETUP_HOURS * HOUR_SECONDS
    )
    return secret


def read_setup(connection: Connection, secret: str) -> SetUpLinkResponse:
    """Return the workspace of a setup link. The link stays valid.

    Raises:
        ApiError: `ticket_gone`.
    """
    one_time_token = find_one_time_token(connection, "setup", secret)
    _require_no_owner(connection, one_time_token)
    name = (
        "" if one_time_token.workspace is None else find_workspace_response(connection, one_time_token.workspace).name
    )
    return SetUpLinkResponse(name, one_time_token.expires_at)


async def begin_workspace(
    services: ActionServices, device: Device, request: SetUpRequest, terms: SessionTerms
) -> tuple[SignInResponse, StoredSite]:
    """Add the owner, sign them in with the device's key, and create the first site.

    Of concurrent requests, one succeeds.

    Raises:
        ApiError: `ticket_gone`; `invalid` if a name, address, origin or language is invalid; `weak_password`, `busy`.
    """
    await services.read(lambda connection: read_setup(connection, request.secret))
    workspace_name = check_name(request.workspace_name, FOR_WORKSPACES)
    name, email = check_name(request.name, FOR_PEOPLE), check_address(request.email.strip())
    languages = check_languages(request.languages)
    appearance = check_appearance(SiteRequest(request.site_name, request.site_origins))
    check_new_password(request.password, (email, name, workspace_name))
    password_hash = await hash_of(request.password)

    def begin(connection: Connection) -> tuple[SignInResponse, StoredSite]:
        one_time_token = spend_one_time_token(connection, "setup", request.secret)
        _require_no_owner(connection, one_time_token)
        workspace = _workspace_of(connection, one_time_token, workspace_name)
        operator_id = add_operator(connection, workspace, email, name, password_hash, languages=languages)
        write_audit_log(
            connection,
            workspace,
            "workspace_set_up",
            target_kind="operator",
            target_id=operator_id,
            target_name=name,
        )
        site = make_site(Transaction(connection), workspace, appearance)
        person = find_active_operator(connection, operator_id)
        if person is None:
            raise LookupError("the operator that was just added does not exist")
        return begin_session(connection, person, device, "password", terms), site

    return await services.write(begin)


def _workspace_of(connection: Connection, one_time_token: OneTimeToken, name: str) -> int:
    if one_time_token.workspace is None:
        return add_workspace(connection, name)
    rename_workspace(connection, one_time_token.workspace, name)
    return one_time_token.workspace


def _require_no_owner(connection: Connection, one_time_token: OneTimeToken) -> None:
    if has_owner(connection, one_time_token.workspace):
        raise ApiError("ticket_gone")
