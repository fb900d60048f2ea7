"""Checksums of a backup, stored in the backup itself. They show later which table was damaged or changed.

They are computed from the values as SQLite stores them, not by this version's schema. So each version can check the
backups of all earlier ones. They protect against damage and mistakes, not against an attacker, who can change the sums.
"""

import hashlib
import sqlite3
from dataclasses import dataclass

import msgspec

TABLE = "backup_sum"
"""In backups only. A restore leaves it out."""

SCHEMA_SUM = "the schema"
"""The row for the definitions of all tables, indexes and triggers. No table has a name with a space."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class TableSum:
    """The number of rows, and the sum of their hashes, which does not depend on their order."""

    rows: int
    digest: str


def write_sums(backup: sqlite3.Connection) -> None:
    """Compute the sums of everything in the file and store them in it, in one transaction."""
    backup.execute("DROP TABLE IF EXISTS backup_sum")
    sums = _compute(backup)
    backup.execute("CREATE TABLE backup_sum (name TEXT PRIMARY KEY, row_count INTEGER NOT NULL, digest TEXT NOT NULL)")
    backup.executemany(
        "INSERT INTO backup_sum VALUES (?, ?, ?)",
        [(name, one.rows, one.digest) for name, one in sums.items()],
    )
    backup.commit()


def read_sums(backup: sqlite3.Connection) -> dict[str, TableSum]:
    """Return the stored sums; empty for a backup of a version that stored none."""
    if not backup.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (TABLE,)).fetchone():
        return {}
    rows = backup.execute("SELECT name, row_count, digest FROM backup_sum")
    return {name: TableSum(count, digest) for name, count, digest in rows}


def differences(backup: sqlite3.Connection, stored: dict[str, TableSum]) -> list[str]:
    """Return the differences between the stored sums and the content, each in a few words."""
    found = _compute(backup)
    return [
        _describe(name, stored.get(name), found.get(name))
        for name in sorted(stored.keys() | found.keys())
        if stored.get(name) != found.get(name)
    ]


def _describe(name: str, stored: TableSum | None, found: TableSum | None) -> str:
    if name == SCHEMA_SUM:
        return f"{name} was changed"
    if stored is None:
        return f"the table {name} was added"
    if found is None:
        return f"the table {name} is missing"
    if stored.rows != found.rows:
        return f"the table {name} has {found.rows} rows, not {stored.rows}"
    return f"the content of the table {name} was changed"


def _compute(backup: sqlite3.Connection) -> dict[str, TableSum]:
    # SQLite's own tables hold statistics and counters that it may change by itself.
    objects = backup.execute(
        "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND tbl_name <> ? ORDER BY 1, 2",
        (TABLE,),
    ).fetchall()
    schema = TableSum(len(objects), hashlib.sha256(_encode(objects)).hexdigest()[:32])
    return {SCHEMA_SUM: schema} | {name: _sum(backup, name) for kind, name, _sql in objects if kind == "table"}


def _sum(backup: sqlite3.Connection, table: str) -> TableSum:
    total = rows = 0
    quoted = table.replace('"', '""')
    for row in backup.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608 # nosec B608
        total += int.from_bytes(hashlib.sha256(_encode(row)).digest()[:16], "big")
        rows += 1
    return TableSum(rows, f"{total % (1 << 128):032x}")
