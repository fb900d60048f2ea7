"""Columns of real rows with recognisable values, for tests that compare server_data.toml with exports and erasures."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, LargeBinary

from crumbless.server_data.server_registry import ColumnRule
from crumbless.tables import metadata
from support.server import ServerProcess

ATTRIBUTES = '{"email_verified": true, "own": {"tier": "%s"}}'
IN_JSON = {("entry", "data"): '{"text": "%s"}', ("contact", "attributes"): ATTRIBUTES}

_numbers = count(1)


@dataclass(frozen=True)
class Filled:
    """A column of a visitor's row with its recognisable value: a text, or a number of 13 digits."""

    rule: ColumnRule
    row: int
    value: str | int

    @property
    def name(self) -> str:
        return f"{self.rule.table}.{self.rule.column}"


def is_in_files(server: ServerProcess, text: str) -> bool:
    """Return whether these bytes are anywhere in the database or its log, in used or free pages."""
    log = server.database.with_name(server.database.name + "-wal")
    return any(text.encode() in file.read_bytes() for file in (server.database, log) if file.exists())


def fill(server: ServerProcess, rule: ColumnRule, row: int) -> Filled:
    """Put a recognisable value into the column of a row."""
    number = next(_numbers)
    column = metadata.tables[rule.table].c[rule.column]
    value: str | int = f"mark-{number}-{rule.column}"[:30].replace("_", "-")
    stored: object = value
    if isinstance(column.type, BigInteger | Integer):
        # Times in the future are those of sessions and bans that are in force.
        value = stored = (4 if rule.column in {"expires_at", "ends_at"} else 1) * 10**12 + number * 7_654_321
    elif isinstance(column.type, LargeBinary):
        stored = str(value).encode()
    elif isinstance(column.type, JSON) or (rule.table, rule.column) in IN_JSON:
        stored = IN_JSON.get((rule.table, rule.column), '{"x": "%s"}') % value
    server.change(f"UPDATE {rule.table} SET {rule.column} = ? WHERE rowid = ?", stored, row)
    return Filled(rule, row, value)


def row_of(server: ServerProcess, table: str, condition: str, *values: object) -> int:
    """Return the number of the newest row that matches the condition."""
    rows = server.rows(f"SELECT max(rowid) FROM {table} WHERE {condition}", *values)
    assert rows[0][0] is not None, f"{table} has no such row"
    return int(rows[0][0])


def add_photo(server: ServerProcess, operator_id: str) -> None:
    """Give an operator a photo whose content is not in the file storage."""
    server.change(
        "INSERT INTO file (id, workspace_id, kind, media_type, size, digest, created_at) "
        "VALUES (?, 1, 'photo', 'image/webp', 1, 'digest', 1)",
        operator_id,
    )
    server.change("UPDATE operator SET photo = id WHERE id = ?", operator_id)


def cell(server: ServerProcess, filled: Filled) -> list[Any]:
    """Return the column's value, in a list that is empty if the row does not exist."""
    rows = server.rows(f"SELECT {filled.rule.column} FROM {filled.rule.table} WHERE rowid = ?", filled.row)
    return [row[0] for row in rows]
