"""Copies all rows from one database to another, SQLite or PostgreSQL, and verifies that they are the same.

Rows are copied in pages, in the order of each table's primary key, parents before children. The target stores the
progress of each table in a separate table, so an interrupted copy can be continued. In the end the rows of each table
are counted and hashed on both sides. The sum of the hashes does not depend on the order of the rows. `tables` are all
tables of an installation, parents before children (`metadata.sorted_tables`).
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
    tuple_,
    update,
)

from crumbless.core.errors import SettingsError
from crumbless.database.exclusive import in_transaction
from crumbless.database.schema import SCHEMA

PAGE = 1_000
"""Rows that are read, written and committed at a time."""

copy_progress = Table(
    "copy_progress",
    MetaData(),
    Column("name", String(64), primary_key=True),
    # The key of the last row that was copied, as JSON; empty before the first.
    Column("last_key", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("done", Integer, nullable=False),
)
"""In the target while a copy is running. It distinguishes an interrupted copy from a database in use."""

_encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Sum:
    """The number of rows of a table, and the sum of their hashes."""

    rows: int
    digest: str


ProgressCallback = Callable[[str, int, int], None]
"""Called with (table, rows so far, rows in total)."""


def count_rows(connection: Connection, table: Table) -> int:
    """Return the number of rows of the table."""
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def is_empty(connection: Connection, tables: Sequence[Table]) -> bool:
    """Return whether all tables are empty."""
    return not any(connection.execute(select(table).limit(1)).first() for table in tables)


def begin_copy(target: Connection, tables: Sequence[Table]) -> None:
    """Create the progress table in the target, unless an interrupted copy has left it there.

    Raises:
        SettingsError: if the target contains rows that do not come from a copy.
    """
    if inspect(target).has_table(copy_progress.name):
        return
    if not is_empty(target, tables):
        raise SettingsError("the target is not empty: copy into a new database")
    copy_progress.create(target)
    target.execute(insert(copy_progress), [{"name": one.name, "last_key": "", "rows": 0, "done": 0} for one in tables])


def end_copy(target: Connection, tables: Sequence[Table]) -> None:
    """Complete the copy: continue sequences after the copied rows and drop the progress table."""
    if target.dialect.name == "postgresql":
        for table in tables:
            _raise_sequence(target, table)
    copy_progress.drop(target)


def copied_so_far(target: Connection, table: Table) -> tuple[list[Any] | None, int, bool]:
    """Return the last copied key, the number of copied rows, and whether the table is complete."""
    row = target.execute(select(copy_progress).where(copy_progress.c.name == table.name)).one()
    key = [_bound(value) for value in json.loads(row.last_key)] if row.last_key else None
    return key, row.rows, bool(row.done)


def read_page(source: Connection, table: Table, after: Sequence[Any] | None) -> list[dict[str, Any]]:
    """Return the next page of rows after a key."""
    key = [*table.primary_key.columns]
    query = select(table).order_by(*key).limit(PAGE)
    if after is not None:
        # Each value is bound with its column's type: a position does not fit into the type of a small number.
        query = query.where(tuple_(*key) > tuple_(*map(_typed, key, after)))
    return [dict(row) for row in source.execute(query).mappings()]


def write_page(target: Connection, table: Table, rows: Sequence[dict[str, Any]], before: int) -> list[Any]:
    """Insert the rows and store the progress, in the caller's transaction. Return the last row's key."""
    target.execute(insert(table), [*rows])
    last = key_of(table, rows[-1])
    values = {"last_key": json.dumps([_written(value) for value in last]), "rows": before + len(rows)}
    target.execute(update(copy_progress).where(copy_progress.c.name == table.name).values(values))
    return last


def end_table(target: Connection, table: Table) -> None:
    """Mark the table as complete."""
    target.execute(update(copy_progress).where(copy_progress.c.name == table.name).values(done=1))


def key_of(table: Table, row: dict[str, Any]) -> list[Any]:
    """Return the values of the row's primary key."""
    return [row[column.name] for column in table.primary_key.columns]


def sum_table(connection: Connection, table: Table, report: Callable[[int], None] = lambda _rows: None) -> Sum:
    """Count the rows of a table and sum up their hashes, page by page."""
    total, rows = 0, 0
    for page in pages(connection, table):
        for row in page:
            total += int.from_bytes(hashlib.sha256(_encode([*row.values()])).digest()[:16], "big")
        rows += len(page)
        report(rows)
    return Sum(rows, f"{total % (1 << 128):032x}")


def pages(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """Yield all rows of a table in pages, in the order of its primary key."""
    after: list[Any] | None = None
    while page := read_page(connection, table, after):
        yield page
        after = key_of(table, page[-1])


def copy_onward(source: Connection, target: Connection, tables: Sequence[Table], progress: ProgressCallback) -> None:
    """Copy the rows that are not copied yet, each page in a separate transaction, so that the copy can be continued."""
    with in_transaction(target):
        begin_copy(target, tables)
    for table in tables:
        after, rows, done = copied_so_far(target, table)
        count = count_rows(source, table)
        while not done:
            progress(table.name, rows, count)
            page = read_page(source, table, after)
            with in_transaction(target):
                if page:
                    after = write_page(target, table, page, rows)
                    rows += len(page)
                else:
                    end_table(target, table)
                    done = True


def copy_in_one(
    source: Connection, target: Connection, tables: Sequence[Table], progress: ProgressCallback
) -> dict[str, Sum]:
    """Copy everything in the callers' transactions, for a backup or a restore. Return the sums by table.

    Raises:
        SettingsError: if the target differs from the source afterwards.
    """
    begin_copy(target, tables)
    for table in tables:
        count, rows = count_rows(source, table), 0
        for page in pages(source, table):
            write_page(target, table, page, rows)
            rows += len(page)
            progress(table.name, rows, count)
    sums = verify(source, target, tables, progress)
    end_copy(target, tables)
    return sums


def verify(
    source: Connection, target: Connection, tables: Sequence[Table], progress: ProgressCallback
) -> dict[str, Sum]:
    """Return the sums of all tables.

    Raises:
        SettingsError: if a table differs between the two sides.
    """
    sums: dict[str, Sum] = {}
    for table in tables:
        count = count_rows(source, table)

        def report(rows: int, name: str = table.name, count: int = count) -> None:
            progress(f"check {name}", rows, count)

        expected = sum_table(source, table, report)
        if sum_table(target, table, report) != expected:
            raise SettingsError(
                f"the table {table.name} is not the same on both sides: the source was changed since the copy began; "
                "copy into a new database"
            )
        sums[table.name] = expected
    return sums


FORMER_TABLES = ("relay_event", "ticket", "site_tag", "operator_identity", "operator_network", "audit_entry")
"""Tables of older schemas that have other names now."""


def empty(connection: Connection, tables: Sequence[Table]) -> None:
    """Drop all tables, including those of older schemas and the schema version."""
    for name in FORMER_TABLES:
        connection.execute(text(f'DROP TABLE IF EXISTS "{name}"'))
    for table in reversed(tables):
        connection.execute(text(f'DROP TABLE IF EXISTS "{table.name}"'))
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    copy_progress.drop(connection, checkfirst=True)
    if connection.dialect.name == "postgresql":
        for name in ("audit_entry_refuse", "audit_log_refuse"):
            connection.execute(text(f"DROP FUNCTION IF EXISTS {name}"))


def known_schema(found: str | None) -> str:
    """Return the schema version of a source, if this version can read or migrate it.

    Raises:
        SettingsError: if it is not a Crumbless database, or its schema is newer.
    """
    if found is None:
        raise SettingsError("the source is not a Crumbless database")
    if found > SCHEMA:
        raise SettingsError(
            f"it has schema {found}, but this version supports {SCHEMA}: use the newer version of Crumbless"
        )
    return found


def _raise_sequence(target: Connection, table: Table) -> None:
    column = table.autoincrement_column
    if column is None:
        return
    highest = target.execute(select(func.max(column))).scalar() or 0
    target.execute(
        text("SELECT setval(pg_get_serial_sequence(:table, :column), :highest, :used)"),
        {"table": f'"{table.name}"', "column": column.name, "highest": max(highest, 1), "used": highest > 0},
    )


def _typed(column: Column[Any], value: Any) -> ColumnElement[Any]:
    return literal(value, column.type)


def _written(value: Any) -> Any:
    return {"bytes": value.hex()} if isinstance(value, bytes) else value


def _bound(value: Any) -> Any:
    """Return the value of its JSON form. A JSON object can only be bytes."""
    return value if isinstance(value, (str, int)) else bytes.fromhex(value["bytes"])
