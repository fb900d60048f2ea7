"""Handlers name neither the ledger nor what publishes events: they run actions."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "crumbless"

NOT_FOR_HANDLERS = {"ledger", "LedgerPort", "bus", "BusPort", "sessions", "SessionCache", "SessionPoll", "after_commit"}
"""Names of what stores, publishes, or knows sessions. `Call.write`, `Call.read` and the actions use them."""


def forbidden_names(source: str) -> Iterator[str]:
    """Yield the names that a handler's module must not contain."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.Name):
            names = [node.id]
        elif isinstance(node, ast.alias):
            names = node.name.split(".")
        yield from (name for name in names if name in NOT_FOR_HANDLERS)


def test_handlers_name_no_ledger_bus_or_session_cache() -> None:
    files = sorted((PACKAGE / "api").glob("*_api.py"))
    assert len(files) > 10, "no handler found: the test looks in the wrong place"
    found = [f"{path.name}: {name}" for path in files for name in forbidden_names(path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "async def post(call): await call.platform.ledger.write(close)",
        "async def post(call): call.platform.bus.end_session(call.session)",
        "async def post(call): call.platform.sessions.forget(call.session.id)",
        "from crumbless.store.transaction import after_commit",
    ],
)
def test_forbidden_name_in_a_handler_is_found(source: str) -> None:
    assert [*forbidden_names(source)]
