"""Cells of CSV files. A spreadsheet must not read a text in them as a formula."""

from collections.abc import Iterable

# Spreadsheets read a cell with such a first character as a formula, which can send the sheet's content to an attacker.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_row(cells: Iterable[object]) -> str:
    """Return the cells as a line of CSV (RFC 4180). A text that begins like a formula gets an apostrophe in front."""
    return ",".join(_cell(cell) for cell in cells) + "\r\n"


def _cell(cell: object) -> str:
    text = "" if cell is None else str(cell)
    if isinstance(cell, str) and text.lstrip(" \n").startswith(_FORMULA):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"'
