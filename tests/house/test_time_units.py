"""The lengths of a minute, an hour and a day are defined once: core/time_units.py and web/core/time_units.ts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "src" / "crumbless" / "core" / "time_units.py"
BROWSER = ROOT / "web" / "core" / "time_units.ts"
GENERATED = ROOT / "web" / "storage" / "storage_registry.ts"

LENGTHS = {60_000, 3_600, 3_600_000, 86_400, 86_400_000}
PARTS = {60, 24}
NAME = re.compile(r"_?(?:SECOND|MINUTE|HOUR|DAY|WEEK)(?:_MS|_SECONDS)?")
IN_SCRIPT = re.compile(
    rf"const ({NAME.pattern})\b|(?<![\w.])(60_?000|3_?600|3_?600_?000|86_?400|86_?400_?000|24 \* 60|60 \* 60)(?![\w.])"
)


def lengths_in_python(source: str) -> Iterator[str]:
    """Yield numbers that are lengths of time units, and assigned names of such lengths."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=int() | float() as value) if value in LENGTHS:
                yield str(value)
            case ast.BinOp(op=ast.Mult(), left=ast.Constant(value=left), right=ast.Constant(value=right)) if {
                left,
                right,
            } <= PARTS:
                yield ast.unparse(node)
            case ast.Name(id=name, ctx=ast.Store()) if NAME.fullmatch(name):
                yield name
            case _:
                pass


def lengths_in_script(source: str) -> list[str]:
    return [one[1] or one[2] for one in IN_SCRIPT.finditer(source)]


def python_files() -> list[Path]:
    """Return server, tools and bench. A migration states its own numbers, because it must never change."""
    files = [path for folder in ("src/crumbless", "tools", "bench") for path in (ROOT / folder).rglob("*.py")]
    # The benches' peers are installed there.
    files = [path for path in files if ".build" not in path.parts]
    return [path for path in files if path != PYTHON and "versions" not in path.parts]


def scripts() -> list[Path]:
    files = [path for path in (ROOT / "web").rglob("*.ts*") if ".test." not in path.name]
    return [path for path in files if path not in {BROWSER, GENERATED}]


def test_python_defines_time_units_once() -> None:
    files = python_files()
    assert len(files) > 200, "the test looks in the wrong place"
    found = {str(path.relative_to(ROOT)): [*lengths_in_python(path.read_text("utf-8"))] for path in files}
    assert {name: lengths for name, lengths in found.items() if lengths} == {}


def test_browser_code_defines_time_units_once() -> None:
    files = scripts()
    assert len(files) > 100, "the test looks in the wrong place"
    found = {str(path.relative_to(ROOT)): lengths_in_script(path.read_text("utf-8")) for path in files}
    assert {name: lengths for name, lengths in found.items() if lengths} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("LEASE = 60_000", ["60000"]),
        ("a = 3600.0 * hours", ["3600.0"]),
        ("x = 24 * 60 * 60 * 1000", ["24 * 60"]),
        ("_DAY_MS = 1", ["_DAY_MS"]),
        ("for HOUR in ():\n    pass", ["HOUR"]),
        ("days = 24 * hours + 60", []),
    ],
)
def test_length_in_python_is_found(source: str, found: list[str]) -> None:
    assert [*lengths_in_python(source)] == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("const DAY_MS = 1;", ["DAY_MS"]),
        ("wait(60_000);", ["60_000"]),
        ("wait(7 * 86400000);", ["86400000"]),
        ("wait(24 * 60 * MINUTE);", ["24 * 60"]),
        ("const DAYS_MORE = 160_000;", []),
    ],
)
def test_length_in_a_script_is_found(source: str, found: list[str]) -> None:
    assert lengths_in_script(source) == found
