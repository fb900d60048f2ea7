"""Resets a forgotten password by an emailed link that works once.

A task looks up later whether the address has an account. So the response to a request, and its timing, are the same for
all addresses.
"""

from sqlalchemy import Connection

from crumbless.accounts.account_policy_store import find_account_policy
from crumbless.accounts.factor_store import set_password_hash
from crumbless.accounts.known_network_store import note_network
from crumbless.accounts.one_time_token_store import (
    OneTimeToken,
    find_one_time_token,
    new_one_time_token,
    spend_one_time_token,
    void_one_time_tokens,
    void_one_time_tokens_of_password,
)
from crumbless.accounts.operator_store import Credentials, find_active_operator, find_credentials
from crumbless.accounts.password import check_new_password
from crumbless.accounts.password_hashing import hash_of
from crumbless.accounts.session_list_store import end_sessions_of
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.http.action_services import ActionServices
from crumbless.http.device import Device
from crumbless.ledger.ledger_port import LedgerPort
from crumbless.ledger.transaction import Transaction
from crumbless.mail.mail_message import MailRequest
from crumbless.mail.mail_queue import queue_mail
from crumbless.people.people_wire import PasswordReset
from crumbless.security.encryption import DecryptionFailed, SecretBox
from crumbless.sign_in.account_policy_check import require_method
from crumbless.sign_in.factor_notice import queue_factor_notice
from crumbless.tasks.task import Task, TaskFailed
from crumbless.tasks.task_store import add_task

RESET_MINUTES = 30
PURPOSE = "reset"


def ask_for_reset(tx: Transaction, email: str, secret_box: SecretBox) -> None:
    """Queue a link to the address, to be sent if it is an operator's."""
    add_task(tx.connection, None, "reset", {}, encrypted=secret_box.encrypt(email.encode(), PURPOSE))


class ResetSend:
    """Runs the tasks of the kind "reset"."""

    def __init__(self, ledger: LedgerPort, secret_box: SecretBox) -> None:
        self._ledger = ledger
        self._secret_box = secret_box

    async def __call__(self, task: Task) -> None:
        """Queue the email. Raises TaskFailed."""
        try:
            email = self._secret_box.decrypt(task.encrypted or b"", PURPOSE).decode()
        except DecryptionFailed:
            raise TaskFailed("the email was encrypted with another key (CRUMBLESS_SECRET_KEY)", final=True) from None
        await self._ledger.write(lambda connection: _send_link(connection, email, self._secret_box))


def _send_link(connection: Connection, email: str, secret_box: SecretBox) -> None:
    person = find_credentials(connection, email)
    if person is None or not person.active or not _may_use_password(connection, person):
        return
    operator = person.operator
    values = {"minutes": str(RESET_MINUTES), "secret": new_reset(connection, person)}
    language = next(iter(operator.languages), "en")
    queue_mail(
        connection, secret_box, person.workspace, MailRequest("reset", operator.email, language, values, operator.name)
    )


def new_reset(connection: Connection, person: Credentials) -> str:
    """Return the secret of a link that sets a new password. Earlier links become invalid."""
    operator_id = person.operator.id
    void_one_time_tokens(connection, "reset", operator_id)
    _, secret = new_one_time_token(
        connection, "reset", subject=operator_id, workspace=person.workspace, seconds=RESET_MINUTES * 60
    )
    return secret


async def reset_password(services: ActionServices, device: Device, request: PasswordReset) -> None:
    """Replace the password by the link of an email. End all sessions of the operator.

    A second factor is still required: access to the mailbox does not prove the operator's identity.

    Args:
        device: its name is in the notification. Its network becomes a known network of the account. So an attacker
            who slows down the account's sign-ins cannot keep the operator out.

    Raises:
        ApiError: `ticket_gone`, `weak_password`, `provider_only`, `busy`.
    """
    found = await services.read(
        lambda connection: _person_of(connection, find_one_time_token(connection, "reset", request.secret))
    )
    check_new_password(request.password, (found.operator.email, found.operator.name, found.operator.workspace_name))
    password_hash = await hash_of(request.password)

    def reset(connection: Connection) -> None:
        person = _person_of(connection, spend_one_time_token(connection, "reset", request.secret))
        require_method(connection, person.workspace, "password")
        operator = person.operator
        set_password_hash(connection, operator.id, password_hash)
        void_one_time_tokens_of_password(connection, operator.id)
        write_audit_log(
            connection,
            person.workspace,
            "password_reset",
            target_kind="operator",
            target_id=operator.id,
            target_name=operator.name,
        )
        queue_factor_notice(connection, services.secret_box, person, "password_reset", device.name)
        if device.network:
            note_network(connection, person.workspace, operator.id, device.network)
        end_sessions_of(connection, operator.id)

    await services.write(reset)


def _may_use_password(connection: Connection, person: Credentials) -> bool:
    return find_account_policy(connection, person.workspace).allows("password")


def _person_of(connection: Connection, one_time_token: OneTimeToken) -> Credentials:
    person = find_active_operator(connection, one_time_token.subject)
    if person is None:
        raise ApiError("ticket_gone")
    return person
