"""Changes an operator's name, languages and email address."""

from sqlalchemy import Connection

from crumbless.accounts.one_time_token_store import new_one_time_token, spend_one_time_token, void_one_time_tokens
from crumbless.accounts.operator_store import find_operator
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.core.names import FOR_PEOPLE, check_languages, check_name
from crumbless.core.time_units import HOUR_SECONDS
from crumbless.ledger.transaction import Transaction
from crumbless.mail.mail_message import MailRequest, check_address
from crumbless.mail.mail_queue import queue_mail
from crumbless.people.member_store import Member, find_member, find_member_by_email, set_email, set_profile
from crumbless.people.people_wire import ProfileRequest
from crumbless.protocol.frames import Operator
from crumbless.security.access import Session
from crumbless.security.encryption import SecretBox

CONFIRM_HOURS = 24


def change_profile(tx: Transaction, actor: Session, wanted: ProfileRequest) -> Operator:
    """Change the operator's name and languages and return the operator.

    Raises:
        ApiError: `invalid` if the name or a language is invalid.
    """
    before = find_member(tx.connection, actor.workspace, actor.subject)
    name = check_name(wanted.name, FOR_PEOPLE)
    set_profile(tx.connection, actor.subject, name, check_languages(wanted.languages))
    if name != before.name:
        _note(tx.connection, actor, "name_changed", before, {"to": name})
    changed = find_operator(tx.connection, actor.subject)
    if changed is None:
        raise ApiError("invalid_token")
    return changed


def begin_email_change(tx: Transaction, actor: Session, email: str, secret_box: SecretBox) -> None:
    """Send a link to the new address, unless it belongs to an operator. The response is the same in both cases.

    Raises:
        ApiError: `invalid` if the address is invalid.
    """
    address = check_address(email.strip()).lower()
    person = find_member(tx.connection, actor.workspace, actor.subject)
    void_one_time_tokens(tx.connection, "email_change", person.id)
    _note(tx.connection, actor, "email_change_asked", person)
    if find_member_by_email(tx.connection, address) is not None:
        return
    _, secret = new_one_time_token(
        tx.connection,
        "email_change",
        subject=person.id,
        workspace=person.workspace,
        data={"email": address},
        seconds=CONFIRM_HOURS * HOUR_SECONDS,
    )
    values = {"hours": str(CONFIRM_HOURS), "secret": secret}
    queue_mail(
        tx.connection,
        secret_box,
        person.workspace,
        MailRequest("email_change", address, _language(person), values, person.name),
    )


def confirm_email_change(tx: Transaction, secret: str, secret_box: SecretBox) -> None:
    """Change the operator's address to the one that received the link. Notify the former address.

    Raises:
        ApiError: `ticket_gone`; `invalid` if another operator has the address in the meantime.
    """
    one_time_token = spend_one_time_token(tx.connection, "email_change", secret)
    if one_time_token.workspace is None:
        raise LookupError("an operator belongs to a workspace")
    person = find_member(tx.connection, one_time_token.workspace, one_time_token.subject)
    if not person.active:
        raise ApiError("ticket_gone")
    email: str = one_time_token.data["email"]
    set_email(tx.connection, person.id, email)
    # Links that were sent to the former address must no longer open the account.
    void_one_time_tokens(tx.connection, "reset", person.id)
    _note(tx.connection, person.workspace, "email_changed", person)
    values = {"email": email, "at": str(now_ms())}
    queue_mail(
        tx.connection,
        secret_box,
        person.workspace,
        MailRequest("email_changed", person.email, _language(person), values, person.name),
    )


def _language(person: Member) -> str:
    return next(iter(person.languages), "en")


def _note(
    connection: Connection, actor: Session | int, action: str, person: Member, details: dict[str, object] | None = None
) -> None:
    write_audit_log(
        connection, actor, action, target_kind="operator", target_id=person.id, target_name=person.name, details=details
    )
