"""Standard names for tables and columns. No row changes.

SQLite cannot rename constraints, so there a renamed table is copied. These tables are small beside the messages.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

TABLES = {
    "ticket": "one_time_token",
    "site_tag": "vendor_tag",
    "operator_identity": "oidc_account",
    "operator_network": "known_network",
    "audit_entry": "audit_log",
}
# By the new name of the table.
COLUMNS = (
    ("one_time_token", "tries", "attempts"),
    ("vendor_tag", "way", "mode"),
    ("audit_log", "act", "action"),
    ("task", "tries", "attempts"),
    ("task", "sealed", "encrypted"),
    ("session", "factor_at", "authenticated_at"),
    ("session", "place", "time_zone_name"),
    ("site", "seen_at", "embed_seen_at"),
    ("site", "seen_origin", "embed_seen_origin"),
    ("consent_receipt", "chain", "receipt_chain"),
    ("conversation", "consent_chain", "receipt_chain"),
)


def upgrade() -> None:
    """Rename the tables, then the columns."""
    for old, new in TABLES.items():
        _rename_table(old, new)
    for table, old, new in COLUMNS:
        op.alter_column(table, old, new_column_name=new)
    _rename_index("consent_receipt", "chain", "receipt_chain")


def downgrade() -> None:
    """Give tables and columns their old names."""
    for table, old, new in COLUMNS:
        op.alter_column(table, new, new_column_name=old)
    _rename_index("consent_receipt", "receipt_chain", "chain")
    for old, new in TABLES.items():
        _rename_table(new, old)


def _rename_index(table: str, old: str, new: str) -> None:
    op.drop_index(op.f(f"ix_{table}_{old}"), table_name=table)
    op.create_index(op.f(f"ix_{table}_{new}"), table, [new])


def _rename_table(old: str, new: str) -> None:
    """Rename a table, and its constraints, indexes, sequences and triggers, whose names contain its name."""
    if op.get_bind().dialect.name == "sqlite":
        _copy_table(old, new)
    else:
        _rename_on_postgres(old, new)


def _copy_table(old: str, new: str) -> None:
    connection = op.get_bind()
    query = sa.text(
        "SELECT type, sql FROM sqlite_master WHERE tbl_name = :old AND sql IS NOT NULL "
        "ORDER BY type <> 'table', type <> 'index'"
    )
    rows = connection.execute(query, {"old": old}).all()
    found = [(kind, re.sub(rf"(?<![a-z]){old}(?![a-z])", new, sql)) for kind, sql in rows]
    later = [sql for kind, sql in found if kind != "table"]
    connection.exec_driver_sql(next(sql for kind, sql in found if kind == "table"))
    connection.exec_driver_sql(f"INSERT INTO {new} SELECT * FROM {old}")  # noqa: S608 # nosec B608
    op.drop_table(old)
    for sql in later:
        connection.exec_driver_sql(sql)


def _rename_on_postgres(old: str, new: str) -> None:
    connection = op.get_bind()
    op.rename_table(old, new)
    table = f"'{new}'::regclass"
    schema = "current_schema()::regnamespace"
    kinds = (
        (f"ALTER TABLE {new} RENAME CONSTRAINT", f"SELECT conname FROM pg_constraint WHERE conrelid = {table}"),  # noqa: S608 # nosec B608
        ("ALTER INDEX", f"SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = {table}"),  # noqa: S608 # nosec B608
        ("ALTER SEQUENCE", f"SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = {schema}"),  # noqa: S608 # nosec B608
        ("ALTER FUNCTION", f"SELECT proname FROM pg_proc WHERE pronamespace = {schema}"),  # noqa: S608 # nosec B608
    )
    for alter, query in kinds:
        # An index that belongs to a constraint was renamed with it.
        for (name,) in connection.exec_driver_sql(query).all():
            if old in name:
                rename = "" if alter.endswith("CONSTRAINT") else " RENAME"
                connection.exec_driver_sql(f"{alter} {name}{rename} TO {name.replace(old, new)}")
    triggers = f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{new}'::regclass AND NOT tgisinternal"  # noqa: S608 # nosec B608
    for (name,) in connection.exec_driver_sql(triggers).all():
        connection.exec_driver_sql(f"ALTER TRIGGER {name} ON {new} RENAME TO {name.replace(old, new)}")
