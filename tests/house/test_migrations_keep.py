"""Migrations preserve data, up from every earlier schema and down again, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import JSON, Column, Connection, MetaData, Table, select
from sqlalchemy.exc import DBAPIError

from crumbless.accounts.operator_store import find_credentials
from crumbless.core.errors import SettingsError
from crumbless.database.database import write_once
from crumbless.database.schema import SCHEMA, alembic_config, check_schema, migrate, schema_of
from crumbless.ledger.entry import Appended
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_open import open_writer
from crumbless.realtime.session_store import find_session
from crumbless.sites.site_store import find_site
from crumbless.tables import metadata
from support.older_rows import BEGIN, CORE, OLDER, OUTBOX, Rows, put_in, with_new_names
from support.postgres import PostgresServer
from support.schema_forms import is_on_both
from support.value_make import make_entry


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'crumbless.db'}"
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


LAST_WITH_A_WAY_BACK = "0006"


def rows_of(url: str, wanted: Rows) -> Rows:
    """Return the same columns of the same tables, as they are now."""

    def run(connection: Connection) -> Rows:
        return {name: read(connection, Table(name, MetaData(), autoload_with=connection)) for name in wanted}

    def read(connection: Connection, table: Table) -> list[dict[str, Any]]:
        columns = [table.c[column] for column in wanted[table.name][0]]
        found = connection.execute(select(*columns).order_by(*table.primary_key.columns))
        return [dict(row) for row in found.mappings()]

    return write_once(url, run)


@pytest.mark.parametrize("revision", OLDER)
def test_data_of_older_schemas_survive_the_upgrade(empty_url: str, revision: str) -> None:
    migrate(empty_url, revision)
    put_in(empty_url, OLDER[revision])
    with pytest.raises(
        SettingsError, match=f"schema {revision}, but this version needs {SCHEMA}: run `crumbless migrate`"
    ):
        check_schema(empty_url)
    migrate(empty_url)
    check_schema(empty_url)
    # Events for vendors are tasks now. All other rows are in the same tables.
    wanted = {name: rows for name, rows in with_new_names(OLDER[revision] | CORE).items() if name != "relay_event"}
    assert rows_of(empty_url, wanted) == wanted
    events: Rows = OUTBOX if "relay_event" in OLDER[revision] else {"task": []}
    assert rows_of(empty_url, OUTBOX) == events

    def look(connection: Connection) -> None:
        site, olga = find_site(connection, "tea-shop"), find_credentials(connection, "olga@tea.example")
        assert site is not None
        assert site.origins == ("https://tea.example",)
        assert olga is not None
        assert (olga.active, olga.operator.role) == (True, "owner")
        assert find_session(connection, bytes(range(32))) is not None

    write_once(empty_url, look)
    one = WriteRequest(make_entry(conversation=BEGIN["conversation"][0]["id"]), None, lambda _outcome: None)
    writer = open_writer(empty_url)
    writer.commit([one])
    writer.close()
    assert isinstance(one.outcome, Appended)
    assert (one.outcome.seq, one.outcome.position) == (3, 3)


PEOPLE = (
    "INSERT INTO ticket (id, kind, data, tries, created_at, expires_at) VALUES ('t', 'setup', '{}', 2, 1, 2)",
    "INSERT INTO operator_identity (workspace_id, issuer, subject, operator_id, created_at) "
    "SELECT workspace_id, 'https://provider.example', 'olga', id, 1 FROM operator",
    "INSERT INTO operator_network (workspace_id, operator_id, network_hash, seen_at) "
    "SELECT workspace_id, id, 'h', 1 FROM operator",
    "INSERT INTO audit_entry (workspace_id, at, actor_kind, actor_id, actor_name, act, target_kind, target_id, "
    "target_name, details) VALUES (1, 9999999999999, 'system', '', '', 'workspace_made', '', '', '', '{}')",
)
RENAMED = {
    "SELECT id, kind, attempts FROM one_time_token": [("t", "setup", 2)],
    "SELECT issuer, subject FROM oidc_account": [("https://provider.example", "olga")],
    "SELECT network_hash, seen_at FROM known_network": [("h", 1)],
    "SELECT action, at FROM audit_log": [("workspace_made", 9_999_999_999_999)],
}


def test_renamed_tables_preserve_rows_constraints_and_triggers(empty_url: str) -> None:
    migrate(empty_url, "0001")
    put_in(empty_url, BEGIN)
    migrate(empty_url, "0008")
    for statement in PEOPLE:
        write_once(empty_url, lambda connection, run=statement: connection.exec_driver_sql(run))
    migrate(empty_url)
    for query, rows in RENAMED.items():
        found = write_once(empty_url, lambda connection, run=query: connection.exec_driver_sql(run).all())
        assert [tuple(row) for row in found] == rows
    for refused in ("UPDATE audit_log SET at = 1", "DELETE FROM audit_log"):
        with pytest.raises(DBAPIError, match="append-only"):
            write_once(empty_url, lambda connection, run=refused: connection.exec_driver_sql(run))
    write_once(empty_url, lambda connection: command.downgrade(alembic_config(connection), "0008"))
    again = "SELECT act FROM audit_entry"
    assert write_once(empty_url, lambda connection: connection.exec_driver_sql(again).scalar()) == "workspace_made"


def test_downgrade_preserves_the_data_of_the_older_schema(empty_url: str) -> None:
    migrate(empty_url, LAST_WITH_A_WAY_BACK)
    put_in(empty_url, OLDER["0002"])
    for revision in ("0002", "0001"):
        write_once(empty_url, lambda connection, to=revision: command.downgrade(alembic_config(connection), to))
        assert write_once(empty_url, schema_of) == revision
        assert rows_of(empty_url, OLDER[revision]) == OLDER[revision]
    migrate(empty_url, LAST_WITH_A_WAY_BACK)
    assert rows_of(empty_url, BEGIN) == BEGIN
    write_once(empty_url, lambda connection: command.downgrade(alembic_config(connection), "base"))
    assert write_once(empty_url, schema_of) is None


def test_downgrade_from_the_core_schema_is_rejected(empty_url: str) -> None:
    migrate(empty_url)
    with pytest.raises(NotImplementedError, match="restore a backup"):
        write_once(empty_url, lambda connection: command.downgrade(alembic_config(connection), LAST_WITH_A_WAY_BACK))
    check_schema(empty_url)


def test_node_does_not_start_on_a_newer_schema(empty_url: str) -> None:
    migrate(empty_url)
    write_once(
        empty_url, lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num='9999'")
    )
    for attempt in (check_schema, migrate):
        with pytest.raises(SettingsError, match="schema 9999, but this version supports"):
            attempt(empty_url)


def default_differs(_context: object, _found: object, wanted: Column[Any], *defaults: Any) -> bool | None:
    """Return whether the defaults differ, or None to let Alembic decide. PostgreSQL cannot compare JSON, so compare
    text."""
    in_database, _in_code, rendered = defaults
    return str(rendered) not in str(in_database) if isinstance(wanted.type, JSON) else None


def test_alembic_finds_no_difference(empty_url: str) -> None:
    migrate(empty_url)

    def compare(connection: Connection) -> object:
        options: dict[str, Any] = {"compare_type": True, "compare_server_default": default_differs}
        options["include_object"] = is_on_both
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, metadata)

    assert write_once(empty_url, compare) == []
