"""The table of limits in docs/security.md has every route without a session, and the numbers of the code."""

import dataclasses
import importlib
import inspect
import re
from pathlib import Path
from typing import Any, cast

import pytest

from crumbless.core.guess_throttle import GuessThrottle
from crumbless.core.rate_limit import KeyedBuckets
from crumbless.core.settings import Settings, setting
from crumbless.http.route import Route
from crumbless.http.route_adapter import counts_requests
from crumbless.limit_table import limits_of
from crumbless.routes import ROUTES

ROOT = Path(__file__).parents[2]
HEADING = "## Limits without a session"
MODULES = {path.stem: path for path in (ROOT / "src" / "crumbless").glob("*/*.py")}
LIMITS = [
    (field.name, getattr(limits, field.name))
    for limits in limits_of(Settings())
    for field in dataclasses.fields(cast(Any, limits))
]
LIMITERS = dict(LIMITS)

# A number, and in brackets after its unit the name of its constant.
NUMBER = re.compile(r"([\d,.]*\d)([^()|\d]*)\(`([\w.]+)`\)")


def read_rows() -> list[list[str]]:
    """Return the cells of the table's rows, without the notes for editors."""
    text = (ROOT / "docs" / "security.md").read_text("utf-8").partition(HEADING)[2].partition("\n## ")[0]
    rows = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[re.sub(r"<!--.*?-->", "", cell).strip() for cell in row] for row in rows[2:]]


ROWS = read_rows()
CELLS = [(row[0], cell) for row in ROWS for cell in row[1:]]
ROUTE_NAME = re.compile(r"`((?:GET|POST|OPTIONS) /[^`]*)`")


def value_of(name: str) -> float:
    """Return the value of a name in the table."""
    owner, _, member = name.rpartition(".")
    if not owner:
        return setting(Settings(), member)
    limiter = LIMITERS.get(owner)
    if isinstance(limiter, GuessThrottle):
        return getattr(limiter, member)
    if isinstance(limiter, KeyedBuckets):
        rate = limiter.rate
        return {
            "per_second": rate.per_second,
            "per_minute": rate.per_second * 60,
            "per_hour": rate.per_second * 3_600,
            "burst": rate.burst,
            "refill_seconds": rate.burst / rate.per_second,
        }[member]
    module = MODULES[owner].relative_to(ROOT / "src").with_suffix("")
    return getattr(importlib.import_module(".".join(module.parts)), member)


def test_each_limiter_has_its_own_name() -> None:
    assert len(LIMITERS) == len(LIMITS) > 20


def needs_no_session(route: Route) -> bool:
    return route.who in {"public", "stream"}


def test_every_route_without_a_session_is_a_row() -> None:
    listed = [name for row in ROWS for name in ROUTE_NAME.findall(row[0])]
    assert sorted(listed) == sorted(route.name for route in ROUTES if needs_no_session(route))


def test_every_row_has_all_limits() -> None:
    assert len(ROWS) > 30
    assert [row[0] for row in ROWS if len(row) != 4 or not all(row)] == []


@pytest.mark.parametrize(("resource", "cell"), CELLS, ids=[f"{one[:24]}-{cell[:24]}" for one, cell in CELLS])
def test_numbers_of_the_table_are_those_of_the_code(resource: str, cell: str) -> None:
    for number, _, name in NUMBER.findall(cell):
        assert float(number.replace(",", "")) == pytest.approx(value_of(name)), (resource, name)


def test_every_name_follows_a_number() -> None:
    names = [name for _, cell in CELLS for name in re.findall(r"\(`([a-z_0-9]+(?:\.\w+)?)`\)", cell)]
    assert len(names) > 60
    assert names == [name for _, cell in CELLS for _, _, name in NUMBER.findall(cell)]


def test_rate_of_requests_is_named_where_it_is_checked() -> None:
    for row in ROWS:
        for name in ROUTE_NAME.findall(row[0]):
            route = next(one for one in ROUTES if one.name == name)
            assert ("`requests." in row[1]) == counts_requests(route), name


def test_limiters_of_a_row_are_those_of_its_handlers() -> None:
    for row in ROWS:
        for name in ROUTE_NAME.findall(row[0]):
            route = next(one for one in ROUTES if one.name == name)
            used = set(re.findall(r"Limits\)\.(\w+)", inspect.getsource(route.handler)))
            used |= {route.limit.name} if route.limit else set()
            named = {limiter for limiter in re.findall(r"`(\w+)\.\w+`", " ".join(row[1:])) if limiter in LIMITERS}
            assert used <= named, name
