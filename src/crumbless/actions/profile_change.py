"""Operators change what they are called and speak, and the address that they sign in with."""

from sqlalchemy import Connection

from crumbless.actions.audit_write import write_audit
from crumbless.actions.mail_write import queue_mail
from crumbless.actions.workspace_set_up import FOR_PEOPLE
from crumbless.domain.access import Session
from crumbless.domain.mail_order import MailOrder, check_address
from crumbless.domain.profile import check_languages, check_name
from crumbless.domain.seal import Vault
from crumbless.domain.wire import Operator
from crumbless.domain.wire_people import ProfileRequest
from crumbless.errors import Refused
from crumbless.ids import now_ms
from crumbless.store.operator_store import Member, find_member, find_member_by_email, set_email, set_profile
from crumbless.store.people_store import find_operator
from crumbless.store.ticket_store import new_ticket, spend_ticket, void_tickets

CONFIRM_HOURS = 24


def change_profile(connection: Connection, by: Session, wanted: ProfileRequest) -> Operator:
    """The operator as they are from now on.

    Raises:
        Refused: `invalid` for what is no name or language.
    """
    before = find_member(connection, by.workspace, by.subject)
    name = check_name(wanted.name, FOR_PEOPLE)
    set_profile(connection, by.subject, name, check_languages(wanted.languages))
    if name != before.name:
        _note(connection, by, "name_changed", before, {"to": name})
    changed = find_operator(connection, by.subject)
    if changed is None:
        raise Refused("invalid_token")
    return changed


def begin_email_change(connection: Connection, by: Session, email: str, vault: Vault) -> None:
    """Mail a link to the new address. Where that is somebody's already nothing is mailed, and nobody is told.

    Raises:
        Refused: `invalid` for what is no address.
    """
    address = check_address(email.strip()).lower()
    person = find_member(connection, by.workspace, by.subject)
    void_tickets(connection, "email_change", person.id)
    _note(connection, by, "email_change_asked", person)
    if find_member_by_email(connection, address) is not None:
        return
    _, secret = new_ticket(
        connection,
        "email_change",
        subject=person.id,
        workspace=person.workspace,
        data={"email": address},
        seconds=CONFIRM_HOURS * 3600,
    )
    values = {"hours": str(CONFIRM_HOURS), "secret": secret}
    queue_mail(
        connection, vault, person.workspace, MailOrder("email_change", address, _language(person), values, person.name)
    )


def confirm_email_change(connection: Connection, secret: str, vault: Vault) -> None:
    """From now on the operator signs in with the address that the link went to; the former one is told.

    Raises:
        Refused: `ticket_gone`; `invalid` when somebody else has the address by now.
    """
    ticket = spend_ticket(connection, "email_change", secret)
    if ticket.workspace is None:
        raise LookupError("an operator belongs to a workspace")
    person = find_member(connection, ticket.workspace, ticket.subject)
    if not person.active:
        raise Refused("ticket_gone")
    email: str = ticket.data["email"]
    set_email(connection, person.id, email)
    # A link that went to the former address must not open the account any more.
    void_tickets(connection, "reset", person.id)
    _note(connection, person.workspace, "email_changed", person)
    values = {"email": email, "at": str(now_ms())}
    queue_mail(
        connection,
        vault,
        person.workspace,
        MailOrder("email_changed", person.email, _language(person), values, person.name),
    )


def _language(person: Member) -> str:
    return next(iter(person.languages), "en")


def _note(
    connection: Connection, actor: Session | int, act: str, person: Member, details: dict[str, object] | None = None
) -> None:
    write_audit(
        connection, actor, act, target_kind="operator", target_id=person.id, target_name=person.name, details=details
    )
