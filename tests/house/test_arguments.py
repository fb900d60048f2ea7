"""Calls stay readable: at most 6 positional arguments, in Python and in the browser code.

Functions that take any number of values of one kind, such as the columns of a table, are exempt.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MOST = 6

LISTS = {"Table", "select", "by_type", "_whole"}
"""Functions with one parameter for many values (`*columns`)."""


def long_calls(source: str) -> Iterator[str]:
    """Yield calls with too many positional arguments, and functions that accept them."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call() if len(node.args) > MOST and ast.unparse(node.func) not in LISTS:
                yield f"{ast.unparse(node.func)}({len(node.args)})"
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
                given = names[1:] if names[:1] in (["self"], ["cls"]) else names
                if len(given) > MOST:
                    yield f"{getattr(node, 'name', 'lambda')}: {len(given)}"
            case _:
                pass


def python_files() -> list[Path]:
    """Return server, tools and bench, without the migrations, whose long calls are lists of columns."""
    files = [path for folder in ("src/crumbless", "tools", "bench") for path in (ROOT / folder).rglob("*.py")]
    # The benches' peers are installed there.
    files = [path for path in files if ".build" not in path.parts]
    return [path for path in files if "versions" not in path.parts]


def test_calls_in_python_have_few_positional_arguments() -> None:
    files = python_files()
    assert len(files) > 200, "the test looks in the wrong place"
    found = {str(path.relative_to(ROOT)): [*long_calls(path.read_text("utf-8"))] for path in files}
    assert {name: calls for name, calls in found.items() if calls} == {}


def test_biome_holds_the_limits_of_the_browser_code() -> None:
    rules = json.loads((ROOT / "biome.json").read_text("utf-8"))["linter"]["rules"]["complexity"]
    assert rules["useMaxParams"]["options"] == {"max": MOST}
    assert rules["noExcessiveCognitiveComplexity"]["options"] == {"maxAllowedComplexity": 15}
    ignored = re.compile(r"biome-ignore lint/complexity/(?:useMaxParams|noExcessiveCognitiveComplexity)")
    files = [*(ROOT / "web").rglob("*.ts*")]
    assert [path.name for path in files if ignored.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("f(1, 2, 3, 4, 5, 6, 7)", ["f(7)"]),
        ("f(1, 2, 3, 4, 5, 6, seventh=7)", []),
        ("Table('t', m, a, b, c, d, e, f)", []),
        ("def f(a, b, c, d, e, f, g): ...", ["f: 7"]),
        ("def f(a, b, c, d, e, f, *, g): ...", []),
        ("class A:\n    def f(self, a, b, c, d, e, f): ...", []),
        ("class A:\n    async def f(self, a, b, c, d, e, f, g): ...", ["f: 7"]),
    ],
)
def test_long_call_is_found(source: str, found: list[str]) -> None:
    assert [*long_calls(source)] == found
