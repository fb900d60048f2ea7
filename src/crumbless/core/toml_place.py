"""Finds the line of a TOML file that an error is about. Neither tomllib nor msgspec reports it."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a TOML file: `[[table]]` number `index`, and a field of it or a row of its array `rows`.

    Without an index, it is a table or a key at the top level. `field` is empty for the whole table.
    """

    table: str
    index: int | None = None
    field: str = ""
    rows: str = ""
    row: int = 0


_PATH = re.compile(r" - at (?:`key` in )?`\$(.*)`\Z")
_IN_ARRAY = re.compile(r"\.(\w+)\[(\d+)\]\.?(\w*)(?:\[(\d+)\])?")


def place_of_error(message: str) -> tuple[Place, str]:
    """Return the place that a message of msgspec names, such as `.item[3].surfaces[0]`, and the message in words."""
    found = _PATH.search(message)
    path = found[1] if found else ""
    text = f"{_PATH.sub('', message)}{f' (in {path.lstrip(chr(46))})' if path else ''}"
    in_array = _IN_ARRAY.match(path)
    if not in_array:
        return Place(path.lstrip(".").partition("[")[0]), text
    table, index, name, row = in_array[1], int(in_array[2]), in_array[3], in_array[4]
    return (Place(table, index, name) if row is None else Place(table, index, "", name, int(row))), text


def line_at(source: str, place: Place) -> int:
    """Return the line of a place, as precisely as the source allows; 1 if the source does not have it.

    The rows of an array are on separate lines that begin with a brace.
    """
    lines = source.splitlines()
    if place.index is None:
        head = re.compile(rf"\s*(?:\[\[?{re.escape(place.table)}\b|{re.escape(place.table)}\s*=)")
        return next((number for number, line in enumerate(lines, 1) if place.table and head.match(line)), 1)
    begins = [number for number, line in enumerate(lines) if line.strip() == f"[[{place.table}]]"]
    if place.index >= len(begins):
        return 1
    begin, end = begins[place.index], [*begins[1:], len(lines)][place.index]
    name = place.rows or place.field
    field_at = re.compile(rf"\s*{re.escape(name)}\s*=")
    at = next((number for number in range(begin, end) if name and field_at.match(lines[number])), begin)
    if place.rows:
        rows = [number for number in range(at, end) if lines[number].lstrip().startswith("{")]
        at = rows[place.row] if place.row < len(rows) else at
    return at + 1
