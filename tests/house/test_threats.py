"""docs/threats.md names only existing tests, and each threat has a test or a reason."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")]
    for line in (ROOT / "docs" / "threats.md").read_text("utf-8").splitlines()
    if re.match(r"\| \w*\d", line)
]
NAMED = re.compile(r"`([\w./]+)(?:::(\w+))?`")


def names_of(path: Path) -> set[str]:
    """Return the function names of a module."""
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_threat_is_listed_once() -> None:
    numbers: list[str] = []
    for number, *_ in ROWS:
        first, _, last = number.partition("–")
        numbers += [str(one) for one in range(int(first), int(last) + 1)] if last else [number]
    assert len(numbers) > 70
    # A number with a letter is assigned when its row is merged.
    given = [number for number in numbers if number[0].isdigit()]
    assert given == [*map(str, range(1, 10)), "9b", *map(str, range(10, len(given)))]


def test_every_threat_has_a_test_or_a_reason() -> None:
    assert [row[0] for row in ROWS if not row[2] and not row[3]] == []


def test_named_tests_exist() -> None:
    named = [found for row in ROWS for found in NAMED.findall(row[2])]
    assert len(named) > 70
    missing = [
        (path, name)
        for path, name in named
        if not (ROOT / path).is_file() or (name and name not in names_of(ROOT / path))
    ]
    assert missing == []
