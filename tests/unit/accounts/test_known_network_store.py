"""Networks of operators: known for 30 days, the newest 20 of each, by one statement for every account."""

from sqlalchemy import Connection, func, select, update

from crumbless.accounts.known_network_store import MAX_NETWORKS, NETWORK_DAYS, Known, find_known, note_network
from crumbless.accounts.operator_store import add_operator
from crumbless.accounts.tables import known_network
from crumbless.core.ids import now_ms
from crumbless.core.time_units import DAY_MS
from crumbless.database.database import write_once
from support.statements import statements_of

EMAIL = "olga@tea.example"


def test_network_is_known_for_thirty_days(database_url: str) -> None:
    def look(connection: Connection) -> None:
        operator_id = add_operator(connection, 1, EMAIL, "Olga", "")
        note_network(connection, 1, operator_id, "here")
        note_network(connection, 1, operator_id, "here")
        for account in (operator_id, EMAIL):
            assert find_known(connection, account, "key", "here") == Known(key=False, network=True)
            assert find_known(connection, account, "key", "there") == Known(key=False, network=False)
        assert find_known(connection, "nobody@tea.example", "key", "here") == Known(key=False, network=False)
        connection.execute(update(known_network).values(seen_at=now_ms() - NETWORK_DAYS * DAY_MS - 1))
        assert find_known(connection, EMAIL, "key", "here") == Known(key=False, network=False)

    write_once(database_url, look)


def test_newest_networks_are_stored(database_url: str) -> None:
    def note(connection: Connection) -> None:
        operator_id = add_operator(connection, 1, EMAIL, "Olga", "")
        for number in range(MAX_NETWORKS + 5):
            note_network(connection, 1, operator_id, str(number))
            connection.execute(
                update(known_network)
                .where(known_network.c.network_hash == str(number))
                .values(seen_at=now_ms() - 1000 + number)
            )
        note_network(connection, 1, operator_id, "last")
        assert connection.execute(select(func.count()).select_from(known_network)).scalar_one() == MAX_NETWORKS
        assert find_known(connection, EMAIL, "key", "last").network
        assert not find_known(connection, EMAIL, "key", "0").network

    write_once(database_url, note)


def test_unknown_accounts_cost_the_same_statement(database_url: str) -> None:
    def look(connection: Connection) -> None:
        add_operator(connection, 1, EMAIL, "Olga", "")
        known, unknown = (
            statements_of(connection, lambda one=address: find_known(connection, one, "key", "here"))
            for address in (EMAIL, "nobody@tea.example")
        )
        assert known == unknown
        assert len(known) == 1

    write_once(database_url, look)
