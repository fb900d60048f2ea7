"""The metadata of all tables. Each subject declares its own in tables.py, and crumbless/tables.py joins them.

Keys start with the workspace, so that a later split by workspace needs no change of code. Times are whole milliseconds
since 1970 (UTC). IDs are UUIDs as text.
"""

from sqlalchemy import (
    MetaData,
    String,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(36)
