"""Who asks for a link costs the same work whoever the address belongs to (threat 20)."""

from sqlalchemy import Connection

from crumbless.actions.password_reset import ask_for_reset
from crumbless.domain.seal import KEY_BYTES, SecretBox
from crumbless.domain.transaction import Transaction
from crumbless.store.database import write_once
from crumbless.store.people_store import add_operator
from support.statements import statements_of

VAULT = SecretBox(bytes(KEY_BYTES))


def test_asking_for_a_link_looks_nobody_up(database_url: str) -> None:
    def ask(connection: Connection) -> None:
        add_operator(connection, 1, "olga@tea.example", "Olga", "")
        known, unknown = (
            statements_of(connection, lambda one=address: ask_for_reset(Transaction(connection), one, VAULT))
            for address in ("olga@tea.example", "nobody@tea.example")
        )
        assert known == unknown
        assert [statement.split()[:3] for statement in known] == [["INSERT", "INTO", "task"]]

    write_once(database_url, ask)
