"""An action has one of two forms, and handlers name neither the ledger nor what publishes events.

`def verb(tx, actor, request)` runs in a transaction: `Call.write` runs it. `async def verb(services, actor, request)`
does slow work before its transaction. A function of a `Connection` is a step of an action or a query, and no action.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "crumbless"

SUBJECTS = (
    *("mail", "audit_log", "files", "accounts", "people", "sign_in", "sites", "consent"),
    *("visitors", "conversations", "stream", "pages", "operations"),
)

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
    files = sorted(PACKAGE.glob("*/*_api.py"))
    assert len(files) > 10, "no handler found: the test looks in the wrong place"
    found = [f"{path.name}: {name}" for path in files for name in forbidden_names(path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "async def post(call): await call.platform.ledger.write(close)",
        "async def post(call): call.platform.bus.end_session(call.session)",
        "async def post(call): call.platform.sessions.forget(call.session.id)",
        "from crumbless.ledger.after_commit import after_commit",
    ],
)
def test_forbidden_name_in_a_handler_is_found(source: str) -> None:
    assert [*forbidden_names(source)]


# --- the form of actions ---------------------------------------------------------------------------------------------

TRANSACTION = ("tx", "Transaction")
SERVICES = {"ActionServices", "CommandServices"}
REQUESTS = {"PublicCall", "Services"}
"""The first parameter of handlers, and of checks that handlers make."""

OTHER_ASYNC = {"hash_of": "computes", "is_right": "computes", "wait_delivered": "waits for a stream"}
"""Public async functions of the subjects that write nothing, and why they have another form."""


def first_parameter(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, str]:
    """Return name and type of the first parameter."""
    for one in function.args.args[:1]:
        return one.arg, ast.unparse(one.annotation) if one.annotation else ""
    return "", ""


def wrong_actions(actions: str, handlers: str) -> Iterator[str]:
    """Yield the functions of a module that are actions and do not have the form of one.

    Args:
        handlers: source of the handlers, which show what is an action: they pass it to `write`.
    """
    written = {*re.findall(r"call\.write\(\s*(\w+)", handlers)}
    for node in ast.parse(actions).body:
        if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_") and node.name not in OTHER_ASYNC:
            name, kind = first_parameter(node)
            if kind not in REQUESTS and (name != "services" or kind not in SERVICES):
                yield node.name
        elif isinstance(node, ast.FunctionDef) and node.name in written and first_parameter(node) != TRANSACTION:
            yield node.name


def test_every_action_has_one_of_the_two_forms() -> None:
    assert len(OTHER_ASYNC) <= 10
    files = sorted(path for name in SUBJECTS for path in (PACKAGE / name).glob("*.py"))
    handlers = "".join(path.read_text(encoding="utf-8") for path in files)
    sources = {path.name: path.read_text(encoding="utf-8") for path in files if not path.stem.endswith("_api")}
    assert sum(source.count("(tx: Transaction") for source in sources.values()) > 15
    found = [f"{name}: {one}" for name, source in sources.items() for one in wrong_actions(source, handlers)]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "def close(connection: Connection, actor: Session) -> None: ...",
        "def close(actor: Session, tx: Transaction) -> None: ...",
        "async def slow(actor: Session, services: ActionServices) -> None: ...",
        "async def slow(ledger: LedgerPort, actor: Session) -> None: ...",
    ],
)
def test_action_of_another_form_is_found(source: str) -> None:
    assert [*wrong_actions(source, "await call.write(close, wanted)")]
