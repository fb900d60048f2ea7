"""The invited person joins: by the secret of the mail's link, once."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from crumbless.actions.audit_write import write_audit
from crumbless.actions.password_check import hash_of
from crumbless.actions.session_begin import Device, SessionTerms, begin_session
from crumbless.actions.workspace_set_up import FOR_PEOPLE
from crumbless.domain.access import may_invite
from crumbless.domain.password import check_new_password
from crumbless.domain.ports import LedgerPort, ReaderPort
from crumbless.domain.profile import check_languages, check_name
from crumbless.domain.wire_account import InvitationUse, SignInAnswer
from crumbless.domain.wire_people import InvitationAcceptRequest, InvitationView
from crumbless.errors import Refused
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
from crumbless.store.ticket_store import Ticket, find_ticket, spend_ticket
from crumbless.store.workspace_store import find_workspace_view


def read_invitation(connection: Connection, secret: str) -> InvitationView:
    """What the link is for. It works afterwards as before.

    Raises:
        Refused: `ticket_gone`.
    """
    found = _invitation_of(connection, find_ticket(connection, "invitation", secret))
    return InvitationView(
        find_workspace_view(connection, found.workspace).name,
        found.invited_by,
        found.email,
        found.name,
        found.role,
        found.expires_at,
    )


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who joins. `id`: where something was made for it already; an empty `password_hash`: they have another factor."""

    name: str
    languages: Sequence[str]
    password_hash: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Joining:
    """What the invited person goes on with elsewhere. `ticket`: the id of the link's, to be spent when they join."""

    ticket: str
    workspace: int
    email: str
    newcomer: Newcomer


def begin_joining(connection: Connection, use: InvitationUse) -> Joining:
    """Look at an invitation before the invited person makes a passkey or goes to a provider; it stays good.

    Raises:
        Refused: `ticket_gone`; `invalid` for what is no name, and where the address got an account meanwhile.
    """
    newcomer = Newcomer(check_name(use.name, FOR_PEOPLE), check_languages(use.languages))
    ticket = find_ticket(connection, "invitation", use.secret)
    found = _invitation_of(connection, ticket)
    if find_credentials(connection, found.email) is not None:
        raise Refused("invalid", EMAIL_TAKEN)
    return Joining(ticket.id, found.workspace, found.email, newcomer)


async def accept_invitation(
    request: InvitationAcceptRequest, device: Device, ledger: LedgerPort, reader: ReaderPort, terms: SessionTerms
) -> SignInAnswer:
    """A new operator with a password, signed in with the device's key.

    Raises:
        Refused: `ticket_gone`; `invalid` for what is no name, and where the address got an account meanwhile;
            `weak_password`, `busy`.
    """
    name = check_name(request.name, FOR_PEOPLE)
    languages = check_languages(request.languages)
    told = await reader.read(lambda connection: read_invitation(connection, request.secret))
    check_new_password(request.password, (told.email, name, told.workspace_name))
    newcomer = Newcomer(name, languages, await hash_of(request.password))

    def accept(connection: Connection) -> SignInAnswer:
        person = join(connection, spend_ticket(connection, "invitation", request.secret), newcomer, "password")
        return begin_session(connection, person, device, "password", terms)

    return await ledger.write(accept)


def join(connection: Connection, ticket: Ticket, newcomer: Newcomer, factor: str) -> Credentials:
    """Make the invited person an operator. The caller has spent the ticket, and keeps the factor, in one transaction.

    Raises:
        Refused: `ticket_gone` where the invitation was revoked, or its sender may not send it now;
            `invalid` where the address got an account meanwhile.
    """
    found = _invitation_of(connection, ticket, lock=True)
    note_accepted(connection, found.id)
    languages = newcomer.languages or [found.language]
    operator_id = add_operator(
        connection,
        found.workspace,
        found.email,
        newcomer.name,
        newcomer.password_hash,
        found.role,
        languages,
        newcomer.id,
    )
    # Those that were there when the invitation was written may be gone.
    set_teams_of(connection, found.workspace, operator_id, known_teams(connection, found.workspace, found.teams))
    write_audit(
        connection,
        found.workspace,
        "invitation_accepted",
        target_kind="operator",
        target_id=operator_id,
        target_name=newcomer.name,
        details={"role": found.role, "invitation": found.id, "factor": factor},
    )
    person = find_active_operator(connection, operator_id)
    if person is None:
        raise LookupError("an operator that was just added is not there")
    return person


def _invitation_of(connection: Connection, ticket: Ticket, *, lock: bool = False) -> Invitation:
    """Return the invitation of the link, if its sender may still send it.

    Demoting or disabling the sender ends their invitations, but not one that is written at the same moment on another
    node. So the sender is checked here again.

    Args:
        lock: until the transaction ends the sender is not changed. A transaction that only reads cannot lock.

    Raises:
        Refused: `ticket_gone`.
    """
    if ticket.workspace is None:
        raise LookupError("an invitation belongs to a workspace")
    try:
        found = find_invitation(connection, ticket.workspace, ticket.subject)
    except Refused:
        raise Refused("ticket_gone") from None
    sender = find_sender(connection, found.workspace, found.inviter, lock=lock)
    if sender is None or not sender.active or not may_invite(sender.role, found.role):
        raise Refused("ticket_gone")
    return found
