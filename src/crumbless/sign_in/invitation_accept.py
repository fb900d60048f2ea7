"""Accepts an invitation with the secret of the email's link, once."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from crumbless.accounts.account_wire import InvitationUse, SignInResponse
from crumbless.accounts.one_time_token_store import OneTimeToken, find_one_time_token, spend_one_time_token
from crumbless.accounts.operator_store import (
    EMAIL_TAKEN,
    Credentials,
    add_operator,
    find_active_operator,
    find_credentials,
)
from crumbless.accounts.password import check_new_password
from crumbless.accounts.password_hashing import hash_of
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.names import FOR_PEOPLE, check_languages, check_name
from crumbless.http.action_services import ActionServices
from crumbless.http.device import Device
from crumbless.people.invitation_store import Invitation, find_invitation, note_accepted
from crumbless.people.member_store import find_sender
from crumbless.people.people_wire import InvitationAcceptRequest, InvitationResponse
from crumbless.people.team_store import known_teams, set_teams_of
from crumbless.people.workspace_store import find_workspace_response
from crumbless.security.access import may_invite
from crumbless.sign_in.session_begin import SessionTerms, begin_session


def read_invitation(connection: Connection, secret: str) -> InvitationResponse:
    """Return the invitation of the link. The link stays valid.

    Raises:
        ApiError: `ticket_gone`.
    """
    found = _invitation_of(connection, find_one_time_token(connection, "invitation", secret))
    return InvitationResponse(
        find_workspace_response(connection, found.workspace).name,
        found.invited_by,
        found.email,
        found.name,
        found.role,
        found.expires_at,
    )


@dataclass(frozen=True, slots=True)
class NewOperator:
    """The operator to add.

    Args:
        password_hash: empty if the operator has another factor.
        id: the operator's ID if something was already created for it.
    """

    name: str
    languages: Sequence[str]
    password_hash: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class PendingJoin:
    """An invitation that is accepted with a passkey or at a provider.

    Args:
        one_time_token: the ID of the link's token, to be spent when the person joins.
    """

    one_time_token: str
    workspace: int
    email: str
    new_operator: NewOperator


def begin_join(connection: Connection, use: InvitationUse) -> PendingJoin:
    """Check an invitation before the invited person creates a passkey or signs in at a provider. It stays valid.

    Raises:
        ApiError: `ticket_gone`; `invalid` if the name is invalid or the address has an account in the meantime.
    """
    new_operator = NewOperator(check_name(use.name, FOR_PEOPLE), check_languages(use.languages))
    one_time_token = find_one_time_token(connection, "invitation", use.secret)
    found = _invitation_of(connection, one_time_token)
    if find_credentials(connection, found.email) is not None:
        raise ApiError("invalid", EMAIL_TAKEN)
    return PendingJoin(one_time_token.id, found.workspace, found.email, new_operator)


async def accept_invitation(
    services: ActionServices, device: Device, request: InvitationAcceptRequest, terms: SessionTerms
) -> SignInResponse:
    """Add an operator with a password and sign them in with the device's key.

    Raises:
        ApiError: `ticket_gone`; `invalid` if the name is invalid or the address has an account in the meantime;
            `weak_password`, `busy`.
    """
    name = check_name(request.name, FOR_PEOPLE)
    languages = check_languages(request.languages)
    invitation = await services.read(lambda connection: read_invitation(connection, request.secret))
    check_new_password(request.password, (invitation.email, name, invitation.workspace_name))
    new_operator = NewOperator(name, languages, await hash_of(request.password))

    def accept(connection: Connection) -> SignInResponse:
        person = join(
            connection, spend_one_time_token(connection, "invitation", request.secret), new_operator, "password"
        )
        return begin_session(connection, person, device, "password", terms)

    return await services.write(accept)


def join(connection: Connection, one_time_token: OneTimeToken, new_operator: NewOperator, factor: str) -> Credentials:
    """Make the invited person an operator.

    In the same transaction the caller has spent the one-time token, and stores the factor.

    Raises:
        ApiError: `ticket_gone` if the invitation was revoked or its sender may no longer send it;
            `invalid` if the address has an account in the meantime.
    """
    found = _invitation_of(connection, one_time_token, lock=True)
    note_accepted(connection, found.id)
    languages = new_operator.languages or [found.language]
    operator_id = add_operator(
        connection,
        found.workspace,
        found.email,
        new_operator.name,
        new_operator.password_hash,
        found.role,
        languages=languages,
        operator_id=new_operator.id,
    )
    # Teams of the invitation may have been deleted since.
    set_teams_of(connection, found.workspace, operator_id, known_teams(connection, found.workspace, found.teams))
    write_audit_log(
        connection,
        found.workspace,
        "invitation_accepted",
        target_kind="operator",
        target_id=operator_id,
        target_name=new_operator.name,
        details={"role": found.role, "invitation": found.id, "factor": factor},
    )
    person = find_active_operator(connection, operator_id)
    if person is None:
        raise LookupError("the operator that was just added does not exist")
    return person


def _invitation_of(connection: Connection, one_time_token: OneTimeToken, *, lock: bool = False) -> Invitation:
    """Return the invitation of the link, if its sender may still send it.

    Demoting or disabling the sender revokes their invitations, except one that another node stores at the same time.
    So the sender is checked here again.

    Args:
        lock: lock the sender's row until the transaction ends. A transaction that only reads cannot lock.

    Raises:
        ApiError: `ticket_gone`.
    """
    if one_time_token.workspace is None:
        raise LookupError("an invitation belongs to a workspace")
    try:
        found = find_invitation(connection, one_time_token.workspace, one_time_token.subject)
    except ApiError:
        raise ApiError("ticket_gone") from None
    sender = find_sender(connection, found.workspace, found.inviter, lock=lock)
    if sender is None or not sender.active or not may_invite(sender.role, found.role):
        raise ApiError("ticket_gone")
    return found
