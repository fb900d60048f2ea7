"""A text in a spreadsheet stays a text (threat 56), and can be read back."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.core.csv_export import csv_row


def read(row: str) -> list[str]:
    return next(csv.reader(io.StringIO(row, newline="")))


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", " =1", "\n=1", "＝1", "＋1", "－1", "＠A1"]
)
def test_formula_gets_an_apostrophe(text: str) -> None:
    assert read(csv_row([text])) == [f"'{text}"]


def test_numbers_and_empty_cells_are_unchanged() -> None:
    assert csv_row([1, -2, None, "a"]) == '"1","-2","","a"\r\n'


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=1, max_size=5))
def test_cells_are_read_back(cells: list[str]) -> None:
    assert [cell.removeprefix("'") for cell in read(csv_row(cells))] == [cell.removeprefix("'") for cell in cells]
