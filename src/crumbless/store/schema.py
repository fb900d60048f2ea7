"""The schema's version: what this code needs, what a database has, and how to get from one to the other.

A start only reads one number; Alembic is imported when there is something to migrate.
"""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import OperationalError

from crumbless.errors import SettingsError
from crumbless.store.database import check_file, writing_engine

SCHEMA = "0003"
"""The newest revision in store/migrations; tests/house holds the two equal."""

MIGRATIONS = Path(__file__).parent / "migrations"


def check_schema(database_url: str) -> None:
    """Raises SettingsError unless the database has exactly the schema this code knows."""
    check_file(database_url)
    engine = writing_engine(database_url)
    try:
        with engine.connect() as connection:
            found = schema_of(connection)
    finally:
        engine.dispose()
    if found is None:
        raise SettingsError("the database is empty: run `crumbless migrate` first")
    if found != SCHEMA:
        raise SettingsError(f"the database has schema {found}, this Crumbless needs {SCHEMA}: run `crumbless migrate`")


def schema_of(connection: Connection) -> str | None:
    """The revision the database is at; None when it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate(database_url: str) -> None:
    """Bring the database to the newest schema. Harmless when it is there already.

    Raises:
        SettingsError: when the file is no database, or the disk does not take it.
    """
    check_file(database_url)
    from alembic import command  # noqa: PLC0415 - costs 0.2 s that an ordinary start does not have to pay
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["engine"] = writing_engine(database_url)
    engine: Engine = config.attributes["engine"]
    try:
        command.upgrade(config, "head")
    except OperationalError as error:
        raise SettingsError(f"the database cannot be migrated: {error.orig}") from None
    finally:
        engine.dispose()
