"""A server whose route table has an incomplete row does not start."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from support.server import ServerProcess
from support.storage import Storage

# `crumbless serve` whose route table begins with a further row.
PROGRAM = """
import importlib.util, sys
from pathlib import Path
row = sys.argv.pop(1)
spec = importlib.util.find_spec("crumbless.api.routes")
source = Path(spec.origin).read_text(encoding="utf-8")
assert source.count("ROUTES = (\\n") == 1
module = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = module
exec(compile(source.replace("ROUTES = (\\n", f"ROUTES = (\\n    {row},\\n"), spec.origin, "exec"), vars(module))
from crumbless.cli import app
app(sys.argv[1:])
"""

StartWith = Callable[[str], ServerProcess]


@pytest.fixture
def server_with(storage: Storage, tmp_path: Path) -> StartWith:
    """A server, not started, whose table has this row besides."""
    database = storage.new_database(tmp_path)
    return lambda row: ServerProcess(database, program=["-c", PROGRAM, row], **storage.settings)


def test_row_with_permission_and_visibility_is_served(server_with: StartWith) -> None:
    """The premise of the next tests."""
    server = server_with('get("/v1/desk/extra", operator_api.get_me, operator("manage_own", Visibility.OWN))')
    server.start()
    try:
        answer = httpx.get(f"{server.address}/v1/desk/extra", trust_env=False, timeout=20)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:crumbless:problem:invalid_token")
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("access", "message"),
    [
        ("", "missing 1 required positional argument: 'access'"),
        ('operator("manage_own")', "missing 1 required positional argument: 'visibility'"),
        ("operator(visibility=Visibility.OWN)", "missing 1 required positional argument: 'permission'"),
        ('operator("manage_own", None)', "GET /v1/desk/extra: declare a visibility"),
        ("operator(None, Visibility.OWN)", "GET /v1/desk/extra: None is no permission of operators"),
        ('operator("public", Visibility.OWN)', "GET /v1/desk/extra: public is no permission of operators"),
    ],
)
def test_server_does_not_start_with_an_incomplete_row(server_with: StartWith, access: str, message: str) -> None:
    server = server_with(f'get("/v1/desk/extra", operator_api.get_me, {access})')
    with pytest.raises(AssertionError, match="the server did not start") as failure:
        server.start()
    assert message in str(failure.value)
    assert server.wait_stopped() != 0
