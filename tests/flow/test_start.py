"""The command line: errors in one line, repeated commands, and help texts."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from support.people import OLGA, World
from support.server import ServerProcess, environment_of, run_command, run_fresh_command

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


def error_of(*arguments: str, environment: dict[str, str], stdin: str = "") -> str:
    """Return the one line that a command prints when it fails."""
    outcome = run_command(*arguments, environment=environment, stdin=stdin)
    assert outcome.returncode == 2, outcome.stderr
    lines = outcome.stderr.splitlines()
    assert len(lines) == 1, outcome.stderr
    assert lines[0].startswith("crumbless: ")
    return lines[0]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of commands on a migrated database."""
    environment = environment_of(tmp_path / "new" / "crumbless.db")
    outcome = run_command("migrate", environment=environment)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    return environment


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--help",), 0), (("migrate",), 0), (("tag", "list", "nobody"), 2), (("no-such-command",), 2)],
    ids=str,
)
def test_fork_of_a_command_has_the_outcome_of_the_installed_one(
    environment: dict[str, str], arguments: tuple[str, ...], code: int
) -> None:
    """Other tests of commands run them in forks."""
    fork, fresh = [run(*arguments, environment=environment) for run in (run_command, run_fresh_command)]
    assert (fork.returncode, fork.stdout, fork.stderr) == (fresh.returncode, fresh.stdout, fresh.stderr)
    assert fork.returncode == code
    assert fork.stdout + fork.stderr


def test_second_migration_changes_nothing(environment: dict[str, str]) -> None:
    again = run_command("migrate", environment=environment)
    assert again.returncode == 0
    assert re.fullmatch(r"The database is up to date \(schema \w+\)\.\n", again.stdout)


@pytest.mark.storages("sqlite")
def test_second_server_on_the_same_file_is_refused(start_server: StartServer) -> None:
    server = start_server()
    line = error_of("serve", environment=environment_of(server.database, port=0))
    assert "another Crumbless process is using crumbless.db" in line
    assert httpx.get(f"{server.address}/healthz", trust_env=False).status_code == 200
    server.kill()
    server.start()


@pytest.mark.storages("sqlite")
def test_compact_is_refused_while_a_server_is_running(start_server: StartServer) -> None:
    server = start_server()
    environment = environment_of(server.storage)
    assert "another Crumbless process is using crumbless.db" in error_of("compact", environment=environment)
    assert server.stop() == 0
    outcome = run_command("compact", environment=environment)
    assert outcome.returncode == 0, outcome.stderr
    assert re.fullmatch(r"Compacted the database from [\d.]+ MB to [\d.]+ MB\.\n", outcome.stdout)
    server.start()


@pytest.mark.storages("sqlite")
def test_port_in_use_is_refused(start_server: StartServer, environment: dict[str, str]) -> None:
    line = error_of("serve", "--port", str(start_server().port), environment=environment)
    assert "CRUMBLESS_PORT: cannot listen" in line


@pytest.mark.parametrize(
    "arguments",
    [
        ("operator", "add", "a@b.example", "--name", "A"),
        ("site", "add", "A", "--origin", "https://a.example"),
    ],
)
def test_empty_database_requires_migrate(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert "run `crumbless migrate`" in error_of(*arguments, environment=environment_of(tmp_path / "crumbless.db"))


def test_database_of_another_version_requires_migrate(environment: dict[str, str], tmp_path: Path) -> None:
    ServerProcess(tmp_path / "new" / "crumbless.db").change("UPDATE alembic_version SET version_num = '9999'")
    line = error_of("serve", "--port", "0", environment=environment)
    assert "schema 9999" in line


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Buy more tea. " * 100)
    (tmp_path / "folder").mkdir()
    for name in ("notes.txt", "folder", "notes.txt/crumbless.db"):
        for command in (("serve", "--port", "0"), ("migrate",)):
            line = error_of(*command, environment=environment_of(tmp_path / name))
            assert "CRUMBLESS_DATABASE_URL" in line


WRONG = {
    "CRUMBLESS_PORT": ("http", "expected a whole number from 0 to 65,535"),
    "CRUMBLESS_HOST": ("203.0.113.250", "cannot listen"),
    "CRUMBLESS_DATABASE_URL": ("mysql://x:hidden@y/z", "expected sqlite:///PATH or postgresql://USER"),
    "CRUMBLESS_PUBLIC_URL": ("chat.example", "expected http://HOST or https://HOST"),
    "CRUMBLESS_LOG_LEVEL": ("loud", "expected debug, info, warning or error"),
    "CRUMBLESS_LEDGER_QUEUE": ("0", "expected a whole number from 1 to 10,000,000"),
    "CRUMBLESS_STARTS_PER_HOUR": ("-1", "expected a number above 0, at most 10,000,000"),
    "CRUMBLESS_VISITOR_SESSION_DAYS": ("1.5", "expected a whole number from 1 to 365"),
    "CRUMBLESS_NO_SUCH_THING": ("1", "there is no such setting"),
    "CRUMBLESS_CONFIG": ("/nowhere/crumbless.toml", "cannot read"),
}


@pytest.mark.parametrize("name", [*WRONG])
def test_invalid_setting_stops_the_start_with_one_line(environment: dict[str, str], name: str) -> None:
    value, reason = WRONG[name]
    line = error_of("serve", environment={"CRUMBLESS_PORT": "0"} | environment | {name: value})
    assert reason in line
    if name != "CRUMBLESS_HOST":
        assert name in line


def test_unusable_demo_folder_is_reported_in_one_line(tmp_path: Path) -> None:
    no_folder = tmp_path / "file"
    no_folder.touch()
    damaged = tmp_path / "demo"
    damaged.mkdir()
    (damaged / "owner.json").touch()
    for folder, reason in ((no_folder, "cannot create the folder"), (damaged, "cannot read")):
        environment = environment_of(tmp_path / "unused.db")
        outcome = run_command("demo", "--port", "0", "--data", str(folder), environment=environment)
        assert outcome.returncode == 2
        line = outcome.stderr.splitlines()[-1]
        assert line.startswith("crumbless: --data:")
        assert reason in line


def test_operator_is_added_once(start_server: StartServer) -> None:
    server = start_server()
    environment = environment_of(server.storage)
    added = run_command("operator", "add", "new@tea.example", "--name", "Nora", environment=environment)
    assert added.returncode == 0
    assert added.stdout.startswith("Added new@tea.example to Main.\nPassword: ")
    for email in ("new@tea.example", "NEW@tea.example"):
        line = error_of("operator", "add", email, "--name", "Nora", environment=environment)
        assert "already" in line
    assert "not an email address" in error_of("operator", "add", "nobody", "--name", "N", environment=environment)
    assert "name is empty" in error_of("operator", "add", "x@tea.example", "--name", " ", environment=environment)
    for name in ("N\nora", "N" * 81):
        assert "one line" in error_of("operator", "add", "x@tea.example", "--name", name, environment=environment)
    short = error_of(
        "operator", "add", "x@tea.example", "--name", "X", "--password-stdin", environment=environment, stdin="short\n"
    )
    assert "8 to 128 characters" in short


async def test_operator_added_to_a_running_server_can_sign_in(start_server: StartServer, open_world: OpenWorld) -> None:
    server = start_server()
    arguments = ("operator", "add", "new@tea.example", "--name", "Nora", "--workspace", "Tea", "--password-stdin")
    outcome = run_command(*arguments, environment=environment_of(server.storage), stdin="her own words\n")
    assert outcome.stdout == "Added new@tea.example to Tea.\n"
    world = open_world(server)
    vera = await world.visitor()
    nora = replace(OLGA, name="Nora", email="new@tea.example", password="her own words")
    assert len(await world.timeline(vera.conversation, nora)) == 1


@pytest.mark.storages("sqlite")
def test_site_is_added_once_and_served(start_server: StartServer) -> None:
    server = start_server()
    environment = environment_of(server.storage, public_url=server.address)
    arguments = ("site", "add", "Books", "--origin", "HTTPS://Books.example:443/", "--key", "books")
    added = run_command(*arguments, environment=environment)
    assert added.stdout == f'<script async src="{server.address}/w/books.js"></script>\n'
    assert "already" in error_of(*arguments, environment=environment)
    assert server.rows("SELECT origins FROM site WHERE key = 'books'") == [('["https://books.example"]',)]
    assert httpx.get(f"{server.address}/w/books.js", trust_env=False).status_code == 200
    for origin in ("books.example", "https://*.example", "null", "https://books.example/path", "ftp://books.example"):
        assert "is not an origin" in error_of("site", "add", "B", "--origin", origin, environment=environment)
    assert "site key" in error_of(*arguments[:-1], "a/b", environment=environment)


@pytest.mark.parametrize("command", [(), ("serve",), ("migrate",), ("operator",), ("operator", "add"), ("site", "add")])
def test_help_begins_with_a_sentence_and_has_no_side_effect(command: tuple[str, ...], tmp_path: Path) -> None:
    outcome = run_command(*command, "--help", environment=environment_of(tmp_path / "crumbless.db"))
    assert outcome.returncode == 0
    assert outcome.stderr == ""
    assert "Usage: " in outcome.stdout
    words = outcome.stdout.split("\n", 3)[3].strip()
    assert re.match(r"[A-Z][^.]+\.", words), "the help does not begin with a sentence"
    if not command:
        assert all(name in outcome.stdout for name in ("demo", "serve", "migrate", "operator", "site"))
    assert not (tmp_path / "crumbless.db").exists(), "the help option made a file"
