"""The migrations lead from an empty database to exactly the tables that the code declares."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, text

from crumbless.database.schema import MIGRATIONS, SCHEMA, migrate
from crumbless.tables import metadata
from support.schema_forms import is_on_both


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Engine]:
    """Return a database made by the migrations alone."""
    address = f"sqlite:///{tmp_path / 'migrated.db'}"
    migrate(address)
    engine = create_engine(address)
    yield engine
    engine.dispose()


@pytest.fixture
def declared(tmp_path: Path) -> Iterator[Engine]:
    """Return a database made from the tables as the code declares them."""
    engine = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def index_text(index: Any) -> str:
    options = {name: str(value) for name, value in index["dialect_options"].items()}
    return str(index | {"dialect_options": options})


def table_definitions(connection: Connection) -> dict[str, dict[str, object]]:
    """Return a database's description of its tables, in an order that does not depend on their creation."""
    inspector = inspect(connection)
    return {
        name: {
            "columns": sorted(
                (one["name"], str(one["type"]), one["nullable"], one["default"]) for one in inspector.get_columns(name)
            ),
            "primary key": inspector.get_pk_constraint(name),
            "foreign keys": sorted(map(str, inspector.get_foreign_keys(name))),
            "unique": sorted(map(str, inspector.get_unique_constraints(name))),
            "checks": sorted(map(str, inspector.get_check_constraints(name))),
            "indexes": sorted(map(index_text, inspector.get_indexes(name))),
        }
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def test_migrations_make_the_declared_tables(migrated: Engine, declared: Engine) -> None:
    with migrated.connect() as made, declared.connect() as wanted:
        assert set(table_definitions(wanted)) == set(metadata.tables)
        definitions = table_definitions(wanted)
        definitions["entry"] = as_on_sqlite(definitions["entry"])
        assert table_definitions(made) == definitions


def as_on_sqlite(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the definition of `entry` with the integer key that it has on SQLite only."""
    key = {"name": "uq_entry_workspace_id_position", "column_names": ["workspace_id", "position"]}
    return entry | {
        "columns": sorted([*entry["columns"], ("no", "INTEGER", False, None)]),
        "primary key": {"constrained_columns": ["no"], "name": "pk_entry"},
        "unique": sorted([*entry["unique"], str(key)]),
    }


def test_alembic_finds_no_difference(migrated: Engine) -> None:
    with migrated.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_object": is_on_both}
        )
        assert compare_metadata(context, metadata) == []


def test_second_migration_changes_nothing(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'twice.db'}"
    migrate(address)
    before = (tmp_path / "twice.db").read_bytes()
    migrate(address)
    assert (tmp_path / "twice.db").read_bytes() == before


def test_newest_revision_is_the_one_that_the_code_requires(migrated: Engine) -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [SCHEMA]
    with migrated.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == SCHEMA


def test_migrations_import_no_module_of_the_product() -> None:
    """A migration that read today's tables would change its meaning when they change."""
    for path in (MIGRATIONS / "versions").glob("[0-9]*.py"):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
        assert {module for module in modules if module.startswith("crumbless")} == set(), path.name
