"""The settings of commands that need a database with the schema of this version."""

from crumbless.core.settings import Settings, read_settings
from crumbless.database.schema import check_schema


def read_ready_settings() -> Settings:
    """Return the settings. Raises SettingsError unless the database has the schema of this version."""
    settings = read_settings()
    check_schema(settings.database.database_url)
    return settings
