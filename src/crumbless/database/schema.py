"""The schema's version: the one that this code needs, the one that a database has, and the migration between them.

A start only reads one version number. Alembic is imported only if there is something to migrate.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

from crumbless.core.deferred_import import deferred_module
from crumbless.core.errors import SettingsError
from crumbless.database import database_sqlite
from crumbless.database.database import check_database, is_postgres, write_once

if TYPE_CHECKING:
    from alembic import command
    from alembic import config as alembic

    from crumbless.database import database_postgres
else:
    # 85 ms and 8 MB, which a start with a migrated database does not have to pay.
    command = deferred_module("alembic.command")
    alembic = deferred_module("alembic.config")
    # With its driver: 90 ms and 9 MB.
    database_postgres = deferred_module("crumbless.database.database_postgres")

Progress = Callable[[str, int, int], None]
"""Called with (table, rows so far, rows in total)."""

SCHEMA = "0013"
"""The newest revision in database/migrations. tests/house checks that they are equal."""

REWRITES = "0007"
"""The revision that rewrites every entry. No other process may use the database, and it needs as much space again."""

MIGRATIONS = Path(__file__).parent / "migrations"


def check_schema(database_url: str, make: bool = False) -> None:
    """Raises SettingsError unless the database has exactly the schema of this version.

    Args:
        make: migrate a database that is empty.
    """
    if not is_postgres(database_url):
        check_database(database_url)
    found, unfinished = write_once(database_url, lambda connection: (schema_of(connection), is_unfinished(connection)))
    if found is None and make:
        migrate(database_url)
        return
    if unfinished:
        raise SettingsError("a copy into this database was not finished: run `crumbless copy` again")
    require_schema(found)


def is_unfinished(connection: Connection) -> bool:
    """Return whether a copy into this database was started and not completed (copy.py)."""
    return inspect(connection).has_table("copy_progress")


def require_schema(found: str | None) -> None:
    """Raises SettingsError unless `found` is the schema of this version."""
    if found is None:
        raise SettingsError("the database is empty: run `crumbless migrate` first")
    if found > SCHEMA:
        raise SettingsError(
            f"the database has schema {found}, but this version supports {SCHEMA}: "
            "use the newer version of Crumbless that migrated it"
        )
    if found != SCHEMA:
        raise SettingsError(
            f"the database has schema {found}, but this version needs {SCHEMA}: run `crumbless migrate`"
        )


def schema_of(connection: Connection) -> str | None:
    """Return the revision of the database, or None if it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate(database_url: str, revision: str = "head", progress: Progress | None = None) -> None:
    """Migrate the database to the newest schema, or to this revision.

    Does nothing if it is already there. Several nodes may migrate at once. But if entries have to be rewritten, every
    node must be stopped.

    Raises:
        SettingsError: if the file is not a database, the server cannot be reached, or a newer Crumbless has migrated
            the database. Also if a node is using a database whose entries have to be rewritten, or the disk is too
            full.
    """
    if is_postgres(database_url):
        database_postgres.migrate(database_url, lambda connection: upgrade(connection, revision, progress), _rewrites)
        return
    try:
        database_sqlite.migrate(database_url, lambda connection: upgrade(connection, revision, progress), _rewrites)
    except OperationalError as error:
        raise SettingsError(f"the database cannot be migrated: {error.orig}") from None


def _rewrites(connection: Connection) -> bool:
    """Return whether the migration will rewrite entries."""
    found = schema_of(connection)
    return (
        found is not None and found < REWRITES and bool(connection.execute(text("SELECT 1 FROM entry LIMIT 1")).first())
    )


def upgrade(connection: Connection, revision: str = "head", progress: Progress | None = None) -> None:
    """Run the missing migrations, in the connection's transaction."""
    found = schema_of(connection)
    if found is not None and found > SCHEMA:
        require_schema(found)
    config = alembic_config(connection)
    if progress is not None:
        config.attributes["told"] = progress
    command.upgrade(config, revision)


def alembic_config(connection: Connection) -> "alembic.Config":
    """Return the configuration of Alembic's commands for this connection."""
    config = alembic.Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
