"""An operator is notified of wrong attempts at most once a day. An unknown address costs the same statement."""

from sqlalchemy import Connection, func, select, update

from crumbless.accounts.operator_store import add_operator
from crumbless.core.ids import now_ms
from crumbless.core.time_units import DAY_MS
from crumbless.database.database import write_once
from crumbless.ledger.tables import task
from crumbless.realtime.tables import operator
from crumbless.security.encryption import KEY_BYTES, SecretBox
from crumbless.sign_in.attempts_notice import notify_of_attempts, queue_attempts_check
from support.statements import statements_of

VAULT = SecretBox(bytes(KEY_BYTES))


def count_mails(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(task).where(task.c.kind == "mail")).scalar_one()


def test_operator_is_notified_once_a_day(database_url: str) -> None:
    def notify(connection: Connection) -> None:
        operator_id = add_operator(connection, 1, "olga@tea.example", "Olga", "")
        for account in ("olga@tea.example", operator_id, "olga@tea.example"):
            notify_of_attempts(connection, account, VAULT)
        assert count_mails(connection) == 1
        for number, mailed_at in enumerate((now_ms() - DAY_MS, now_ms() + 30 * DAY_MS), start=2):
            connection.execute(update(operator).values(attempts_mailed_at=mailed_at))
            notify_of_attempts(connection, operator_id, VAULT)
            assert count_mails(connection) == number

    write_once(database_url, notify)


def test_unknown_and_disabled_accounts_are_not_notified(database_url: str) -> None:
    def notify(connection: Connection) -> None:
        operator_id = add_operator(connection, 1, "olga@tea.example", "Olga", "")
        connection.execute(update(operator).values(status="disabled"))
        for account in (operator_id, "olga@tea.example", "nobody@tea.example"):
            notify_of_attempts(connection, account, VAULT)
        assert count_mails(connection) == 0

    write_once(database_url, notify)


def test_queueing_the_check_looks_up_no_account(database_url: str) -> None:
    def queue(connection: Connection) -> None:
        add_operator(connection, 1, "olga@tea.example", "Olga", "")
        known, unknown = (
            statements_of(connection, lambda one=address: queue_attempts_check(connection, one, VAULT))
            for address in ("olga@tea.example", "nobody@tea.example")
        )
        assert known == unknown
        assert [statement.split()[:3] for statement in known] == [["INSERT", "INTO", "task"]]

    write_once(database_url, queue)
