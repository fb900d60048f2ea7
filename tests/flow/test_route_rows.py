"""A server whose route table has an incomplete row does not start. The checks of a row have a fixed order."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from support.client import Person, ask
from support.people import World
from support.server import ServerProcess
from support.sign_in import code_of, hire
from support.storage import Storage

# `crumbless serve` whose route table begins with one more row.
PROGRAM = """
import importlib.util, sys
from pathlib import Path
row = sys.argv.pop(1)
spec = importlib.util.find_spec("crumbless.routes")
source = Path(spec.origin).read_text(encoding="utf-8")
assert source.count("ROUTES = (\\n") == 1
module = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = module
exec(compile(source.replace("ROUTES = (\\n", f"ROUTES = (\\n    {row},\\n"), spec.origin, "exec"), vars(module))
from crumbless.cli.main import app
app(sys.argv[1:])
"""

StartWith = Callable[[str], ServerProcess]


@pytest.fixture
def server_with(storage: Storage, tmp_path: Path) -> StartWith:
    """Return a server, not started, whose route table has one more row."""
    database = storage.new_database(tmp_path)
    return lambda row: ServerProcess(database, program=["-c", PROGRAM, row], **storage.settings)


def test_row_with_permission_and_visibility_is_served(server_with: StartWith) -> None:
    """The premise of the next tests."""
    server = server_with('get("/v1/desk/extra", inbox_api.get_me, operator("manage_own", Visibility.OWN))')
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
        ("operator(None, Visibility.OWN)", "GET /v1/desk/extra: no operator has the permission None"),
        ('operator("public", Visibility.OWN)', "GET /v1/desk/extra: no operator has the permission public"),
    ],
)
def test_server_does_not_start_with_an_incomplete_row(server_with: StartWith, access: str, message: str) -> None:
    server = server_with(f'get("/v1/desk/extra", inbox_api.get_me, {access})')
    with pytest.raises(AssertionError, match="the server did not start") as failure:
        server.start()
    assert message in str(failure.value)
    assert server.wait_stopped() != 0


async def refusal_of(world: World, person: Person, content: bytes, path: str = "/v1/desk/teams") -> tuple[int, str]:
    answer = await ask(world.http, person, "POST", path, content=content, content_type="application/json")
    return answer.status_code, code_of(answer)


async def test_caller_and_permission_are_checked_before_the_body(world: World) -> None:
    admin, analyst = [await world.new_operator(hire(world, role=role)) for role in ("admin", "analyst")]
    for content, refusal in (
        (b"{", (400, "malformed")),
        (b"{}", (400, "invalid")),
        (b" " * 70_000, (413, "too_large")),
    ):
        assert await refusal_of(world, admin, content) == refusal, "the premise"
        assert await refusal_of(world, analyst, content) == (403, "forbidden")
        assert await refusal_of(world, await world.visitor(), content) == (403, "forbidden")
        assert await refusal_of(world, world.stranger(), content) == (401, "invalid_token")


async def test_body_is_checked_before_the_key_of_a_request_without_a_session(world: World) -> None:
    """A client's mistake is reported without the cost of a signature check."""
    address = f"{world.server.address}/v1/desk/sign-in"
    for content, status in ((b"{", 400), (b"{}", 400), (b" " * 9_000, 413)):
        answer = await world.http.post(address, content=content, headers={"content-type": "application/json"})
        assert answer.status_code == status
    body = {"email": "nobody@tea.example", "password": "wrong"}
    assert (await world.http.post(address, json=body)).status_code == 401, "the premise: a key is needed"


async def test_id_that_is_no_number_is_not_found(world: World) -> None:
    admin = await world.new_operator(hire(world, role="admin"))
    for task in ("x", "1.0", "-1", "٣", "2147483648", "9" * 99):
        assert await refusal_of(world, admin, b"", f"/v1/desk/tasks/{task}/retry") == (404, "not_found")
    for person in (await world.visitor(), world.stranger()):
        assert (await refusal_of(world, person, b"", "/v1/desk/tasks/x/retry"))[0] in {401, 403}
