"""Repeated work is a `Periodic` (core/periodic.py). Each other loop that waits states its reason in place.

The auditor's loops wait for the page of a website and end with it. They are not examined.
"""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "crumbless"

REASON = re.compile(r"# Not a Periodic: (\w.+)")
WAITS = re.compile(r"_?(?:sleep|wait|wait_for|timeout|wait_for_room)")

OTHERS = {
    "app.serve",
    "core.periodic.run",
    "database.checkpoint._run",
    "ledger.ledger.close",
    "ledger.ledger_postgres._commit",
    "ledger.ledger_postgres._resolve_commit",
    "realtime.bus_nats._serve",
    "realtime.bus_postgres._serve",
    "realtime.feed._read_gap",
    "realtime.summaries._send",
    "stream.stream._catch_up",
    "stream.stream._wait_for_room",
    "stream.stream_http.lines",
    "stream.stream_http.wait_delivered",
    "tasks.task_runner._complete",
}


def is_waiting(loop: ast.AST) -> bool:
    calls = [node.func for node in ast.walk(loop) if isinstance(node, ast.Call)]
    names = [one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in calls]
    return any(WAITS.fullmatch(name) for name in names)


def waiting_loops(source: str) -> dict[str, str]:
    """Return the function of each `while` loop that waits, with the reason above it; empty without one."""
    lines = source.splitlines()
    found: dict[str, str] = {}
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for loop in ast.walk(function):
            if isinstance(loop, ast.While) and is_waiting(loop):
                reason = REASON.search(comment_above(lines, loop.lineno))
                found[function.name] = reason[1] if reason else ""
    return found


def comment_above(lines: list[str], number: int) -> str:
    """Return the comment that ends directly above this line (counted from 1)."""
    first = number - 1
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return " ".join(line.strip() for line in lines[first : number - 1])


def loops_of_package() -> dict[str, str]:
    files = [path for path in PACKAGE.rglob("*.py") if "storage_auditor" not in path.parts]
    return {
        f"{'.'.join(path.relative_to(PACKAGE).with_suffix('').parts)}.{function}": reason
        for path in files
        for function, reason in waiting_loops(path.read_text("utf-8")).items()
    }


def test_repeated_work_is_periodic() -> None:
    assert set(loops_of_package()) == OTHERS


def test_every_other_loop_that_waits_has_its_reason() -> None:
    without = {name for name, reason in loops_of_package().items() if not reason}
    assert without == {"core.periodic.run"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("async def f():\n    while True:\n        await asyncio.sleep(1)", {"f": ""}),
        ("async def f():\n    while not done():\n        await event.wait()", {"f": ""}),
        ("def f():\n    while not stopping.wait(1):\n        work()", {"f": ""}),
        ("def f():\n    # Not a Periodic: a thread.\n    while wait(1):\n        work()", {"f": "a thread."}),
        ("def f():\n    while page := read():\n        work(page)", {}),
    ],
)
def test_loop_that_waits_is_found(source: str, found: dict[str, str]) -> None:
    assert waiting_loops(source) == found
