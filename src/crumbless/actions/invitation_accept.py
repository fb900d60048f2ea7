"""The invited person joins: by the secret of the email's link, once."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from crumbless.actions.action_services import ActionServices
from crumbless.actions.audit_write import write_audit_log
from crumbless.actions.password_check import hash_of
from crumbless.actions.session_begin import Device, SessionTerms, begin_session
from crumbless.actions.workspace_set_up import FOR_PEOPLE
from crumbless.domain.access import may_invite
from crumbless.domain.password import check_new_password
from crumbless.domain.profile import check_languages, check_name
from crumbless.domain.wire_account import InvitationUse, SignInResponse
from crumbless.domain.wire_people import InvitationAcceptRequest, InvitationResponse
from crumbless.errors import ApiError
from crumbless.store.invitation_store import Invitation, find_invitation, note_accepted
from crumbless.store.operator_store import find_sender
from crumbless.store.people_store import (
    EMAIL_TAKEN,
    Credentials,
    add_operator,
    find_active_operator,
    find_credentials,
)
from crumbless.store.team_store import known_teams, set_teams_of
from crumbless.store.ticket_store import OneTimeToken, find_one_time_token, spend_one_time_token
from crumbless.store.workspace_store import find_workspace_response


def read_invitation(connection: Connection, secret: str) -> InvitationResponse:
    """What the link is for. It works afterwards as before.

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
    """Who joins. `id`: where something was made for it already; an empty `password_hash`: they have another factor."""

    name: str
    languages: Sequence[str]
    password_hash: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class PendingJoin:
    """What the invited person continues with elsewhere. `one_time_token`: the id of the link's, to be spent when they
    join."""

    one_time_token: str
    workspace: int
    email: str
    new_operator: NewOperator


def begin_join(connection: Connection, use: InvitationUse) -> PendingJoin:
    """Look at an invitation before the invited person makes a passkey or goes to a provider; it stays good.

    Raises:
        ApiError: `ticket_gone`; `invalid` if it is not a valid name, and where the address got an account meanwhile.
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
    """A new operator with a password, signed in with the device's key.

    Raises:
        ApiError: `ticket_gone`; `invalid` if it is not a valid name, and where the address got an account meanwhile;
            `weak_password`, `busy`.
    """
    name = check_name(request.name, FOR_PEOPLE)
    languages = check_languages(request.languages)
    told = await services.read(lambda connection: read_invitation(connection, request.secret))
    check_new_password(request.password, (told.email, name, told.workspace_name))
    new_operator = NewOperator(name, languages, await hash_of(request.password))

    def accept(connection: Connection) -> SignInResponse:
        person = join(
            connection, spend_one_time_token(connection, "invitation", request.secret), new_operator, "password"
        )
        return begin_session(connection, person, device, "password", terms)

    return await services.write(accept)


def join(connection: Connection, one_time_token: OneTimeToken, new_operator: NewOperator, factor: str) -> Credentials:
    """Make the invited person an operator. The caller has spent the ticket, and keeps the factor, in one transaction.

    Raises:
        ApiError: `ticket_gone` where the invitation was revoked, or its sender may not send it now;
            `invalid` where the address got an account meanwhile.
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
        languages,
        new_operator.id,
    )
    # Those that were there when the invitation was written may be gone.
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
        raise LookupError("an operator that was just added is not there")
    return person


def _invitation_of(connection: Connection, one_time_token: OneTimeToken, *, lock: bool = False) -> Invitation:
    """Return the invitation of the link, if its sender may still send it.

    Demoting or disabling the sender ends their invitations, but not one that is written at the same moment on another
    node. So the sender is checked here again.

    Args:
        lock: until the transaction ends the sender is not changed. A transaction that only reads cannot lock.

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
