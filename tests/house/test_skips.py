"""No test is skipped silently: one that cannot run fails with the reason, and no call narrows a run to a few tests."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SKIPS_IN_PYTHON = re.compile(
    r"(?:^|\.)(?:skip|skipif|skipTest|skipUnless|xfail|importorskip|skip_module|collect_ignore(?:_glob)?)$"
)
SKIPS_IN_SCRIPT = re.compile(
    r"\b(?:it|test|describe|suite)\s*\.\s*(?:skip|only|todo|fails|skipIf|runIf)\b|\b[xf](?:it|describe)\("
)

WAITS_BY_EVAL = "wait_for_function"
"""Playwright's own wait, which a strict policy refuses at its second attempt. Use wait_in_page instead."""


def skips(source: str) -> list[int]:
    """Return the lines of a Python module that skip a test."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute | ast.Name)]
    return [node.lineno for node in nodes if SKIPS_IN_PYTHON.search(ast.unparse(node))]


def test_no_python_test_is_skipped() -> None:
    files = sorted((ROOT / "tests").rglob("*.py"))
    assert len(files) > 5
    assert [(path.name, line) for path in files for line in skips(path.read_text("utf-8"))] == []


def test_no_test_waits_by_eval_in_a_page() -> None:
    sources = {path.name: path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py")}
    assert any("wait_in_page(" in source for source in sources.values())
    assert [name for name, source in sources.items() if f".{WAITS_BY_EVAL}(" in source] == []


def test_no_browser_code_test_is_skipped() -> None:
    files = sorted(path for kind in ("ts", "tsx") for path in (ROOT / "web").rglob(f"*.test.{kind}"))
    assert files
    assert [path.name for path in files if SKIPS_IN_SCRIPT.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "source",
    ["@pytest.mark.skipif(True)\ndef test(): ...", "pytest.importorskip('x')", "mark.xfail", "collect_ignore = []"],
)
def test_skip_is_found_in_python(source: str) -> None:
    assert skips(source) == [1]


@pytest.mark.parametrize("source", ['it.skip("works")', "describe.only(", "test . todo(", 'xit("works")'])
def test_skip_is_found_in_a_script(source: str) -> None:
    assert SKIPS_IN_SCRIPT.search(source)
