"""A request for a reset link costs the same work for every address (threat 20)."""

from sqlalchemy import Connection

from crumbless.accounts.operator_store import add_operator
from crumbless.database.database import write_once
from crumbless.ledger.transaction import Transaction
from crumbless.security.encryption import KEY_BYTES, SecretBox
from crumbless.sign_in.password_reset import ask_for_reset
from support.statements import statements_of

VAULT = SecretBox(bytes(KEY_BYTES))


def test_reset_request_looks_up_no_account(database_url: str) -> None:
    def request_both(connection: Connection) -> None:
        add_operator(connection, 1, "olga@tea.example", "Olga", "")
        known, unknown = (
            statements_of(connection, lambda one=address: ask_for_reset(Transaction(connection), one, VAULT))
            for address in ("olga@tea.example", "nobody@tea.example")
        )
        assert known == unknown
        assert [statement.split()[:3] for statement in known] == [["INSERT", "INTO", "task"]]

    write_once(database_url, request_both)
