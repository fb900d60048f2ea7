"""Rows of CSV files. A spreadsheet must not read a text in them as a formula."""

import csv
import io
from collections.abc import Iterable

# Spreadsheets read a cell with such a first character as a formula, which can send the sheet's content to an attacker.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_row(cells: Iterable[object]) -> str:
    """Return the cells as a line of CSV (RFC 4180). A text that begins like a formula gets an apostrophe in front."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([_guard(cell) for cell in cells])
    return line.getvalue()


def _guard(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" \n").startswith(_FORMULA) else cell
