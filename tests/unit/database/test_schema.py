"""The schema version of a database, and the one that this code needs."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from crumbless.core.errors import SettingsError
from crumbless.database.database import write_once
from crumbless.database.metadata import metadata
from crumbless.database.schema import SCHEMA, check_schema, migrate, schema_of


def test_empty_database_requires_migrate(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crumbless.db'}"
    with pytest.raises(SettingsError, match="run `crumbless migrate` first"):
        check_schema(url)
    assert write_once(url, schema_of) is None


def test_migration_makes_every_table_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'with space %41' / 'crumbless.db'}"
    migrate(url)

    def schema_statements(connection: Connection) -> list[tuple[str, str]]:
        assert {*metadata.tables} <= {*inspect(connection).get_table_names()}
        query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        return [(name, sql) for name, sql in connection.execute(text(query))]

    before = write_once(url, schema_statements)
    migrate(url)
    assert write_once(url, schema_statements) == before
    assert write_once(url, schema_of) == SCHEMA
    check_schema(url)


def test_another_version_is_reported_with_both_numbers(database_url: str) -> None:
    check_schema(database_url)
    write_once(
        database_url, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num='0000'"))
    )
    with pytest.raises(SettingsError, match=f"schema 0000, but this version needs {SCHEMA}"):
        check_schema(database_url)


def test_unwritable_disk_is_reported_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "crumbless.db-journal"
    folder.mkdir()
    (tmp_path / "crumbless.db-wal").mkdir()
    with pytest.raises(SettingsError, match="disk I/O error"):
        migrate(f"sqlite:///{tmp_path / 'crumbless.db'}")
