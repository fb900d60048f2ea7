"""Every refusal has a text, and a status that fits."""

import re
from http import HTTPStatus
from pathlib import Path

import pytest

from crumbless.core.errors import ERROR_SPECS, ApiError, CrumblessError, SettingsError

DOCS = Path(__file__).parents[3] / "docs"
PROTOCOL = (DOCS / "protocol.md").read_text(encoding="utf-8")


def test_error_codes_and_documented_codes_are_the_same() -> None:
    stream = PROTOCOL.partition("### Errors in the stream")[2].partition("\n### ")[0]
    tables = [
        table.partition("\n\n")[0]
        for path in sorted(DOCS.glob("*.md"))
        for table in path.read_text(encoding="utf-8").split("| status | code |")[1:]
    ]
    assert len(tables) > 3
    assert codes_in(stream, 1).union(*(codes_in(table, 2) for table in tables)) == ERROR_SPECS.keys()


def codes_in(section: str, column: int) -> set[str]:
    rows = [line.split("|") for line in section.splitlines() if line.startswith("|")]
    return {code for row in rows for code in re.findall(r"`([a-z_]+)`", row[column])}


@pytest.mark.parametrize("code", [*ERROR_SPECS])
def test_refusal_has_the_cause_and_the_advice(code: str) -> None:
    refusal = ERROR_SPECS[code]
    assert HTTPStatus(refusal.status) >= 400
    assert refusal.title
    assert refusal.detail.endswith(".")
    assert not refusal.title.endswith(".")


def test_refused_request_may_have_more_details_than_the_table() -> None:
    assert ApiError("busy").detail == ERROR_SPECS["busy"].detail
    refused = ApiError("busy", "Wait for me.", 2.5, "id")
    assert (refused.detail, refused.retry_after, refused.entry_id) == ("Wait for me.", 2.5, "id")
    assert refused.spec is ERROR_SPECS["busy"]


def test_undocumented_code_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        ApiError("no_such_code")


def test_all_errors_have_one_base_class() -> None:
    assert issubclass(ApiError, CrumblessError)
    assert issubclass(SettingsError, CrumblessError)
