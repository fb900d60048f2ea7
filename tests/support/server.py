"""The real server as a separate process: started, killed and started again on the same file and port."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Protocol, cast, runtime_checkable

import httpx

from support.fork_server import COMMAND, ForkedProcess
from support.ports import free_port
from support.postgres import ask_postgres

START_SECONDS = 180.0
STOP_SECONDS = 20.0

ROOMY: dict[str, object] = {
    "visitor_messages_per_minute": 1_000_000,
    "visitor_message_burst": 100_000,
    "operator_messages_per_minute": 1_000_000,
    "operator_message_burst": 100_000,
    "frames_per_second": 100_000,
    "frame_burst": 100_000,
    "uploads_per_hour": 1_000_000,
    "upload_burst": 100_000,
    "requests_per_second": 1_000_000,
    "request_burst": 1_000_000,
    "unknown_names_per_minute": 1_000_000,
    "unknown_name_burst": 1_000_000,
    "starts_per_hour": 1_000_000,
    "start_burst": 100_000,
    "site_starts_per_minute": 1_000_000,
    "site_start_burst": 100_000,
    "sign_ins_per_minute": 10_000,
    "sign_in_burst": 10_000,
    "consents_per_hour": 1_000_000,
    "consent_burst": 100_000,
    "site_consents_per_minute": 1_000_000,
    "site_consent_burst": 100_000,
    "privacy_requests_per_hour": 1_000_000,
    "privacy_request_burst": 100_000,
    "streams_per_session": 100,
    "unauthenticated_per_address": 10_000,
}
"""Limits that no test meets by accident."""


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Return once the condition holds; for use outside the loop. Raises AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)


Database = Path | str
"""A SQLite file, or the URL of a PostgreSQL database."""

TEST_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
"""The key of installations whose database is not a file with room for one beside it."""


def url_of(database: Database) -> str:
    """The value of CRUMBLESS_DATABASE_URL."""
    return database if isinstance(database, str) else f"sqlite:///{database}"


def environment_of(database: Database, **settings: object) -> dict[str, str]:
    """The environment of a `crumbless` command on this database, free of what the caller's own environment sets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRUMBLESS_")}
    chosen = {"database_url": url_of(database), **settings}
    if isinstance(database, str):
        chosen = {"secret_key": TEST_KEY, **chosen}
    return kept | {f"CRUMBLESS_{name.upper()}": str(value) for name, value in chosen.items()}


CONSOLE = {"COLUMNS": "100", "NO_COLOR": "1"}


def run_command(
    *arguments: str, environment: dict[str, str], stdin: str = "", **limits: Any
) -> subprocess.CompletedProcess[str]:
    """Run a `crumbless` command that ends by itself, in a fork (support/fork_server.py). Return its outcome.

    Args:
        limits: its folder, umask and size of files, as ForkedProcess names them.
    """
    with TemporaryFile("w+") as given, TemporaryFile("w+") as out, TemporaryFile("w+") as error:
        given.write(stdin)
        given.seek(0)
        files = [given.fileno(), out.fileno(), error.fileno()]
        process = ForkedProcess(arguments, environment | CONSOLE, files, **limits)
        try:
            code = process.wait(START_SECONDS)
        finally:
            process.kill()
        out.seek(0)
        error.seek(0)
        return subprocess.CompletedProcess([str(COMMAND), *arguments], code, out.read(), error.read())


def run_fresh_command(
    *arguments: str, environment: dict[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the installed `crumbless` as a shell does. Return its outcome."""
    return subprocess.run(
        [COMMAND, *arguments],
        env=environment | CONSOLE,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


@runtime_checkable
class HasEnvironment(Protocol):
    """Something that a process is started with."""

    @property
    def environment(self) -> dict[str, str]: ...


class ServerProcess:
    """`crumbless serve` on a database that exists.

    Args:
        database: a SQLite file, or the URL of a PostgreSQL database.
        settings: the server's settings by their names, in addition to ROOMY. `port_wanted`: its port, else any free
            one. `clock`: its wall clock (support/clock.py). `files`: its limit of descriptors, else that of this
            process. `program`: arguments of Python in place of `crumbless`. `forked_program`: a script and its
            arguments in place of `crumbless`, in a fork. `fresh`: it is no fork (support/fork_server.py), as with
            `clock`, `files` and `program`.
    """

    def __init__(self, database: Database, **settings: object) -> None:
        self.database_url = url_of(database)
        self.storage = database
        self.port = int(str(settings.pop("port_wanted", free_port())))
        self.tokens: dict[str, Any] = {}
        clock = settings.pop("clock", None)
        self._clock: dict[str, str] = clock.environment if isinstance(clock, HasEnvironment) else {}
        # The shell sets the limit: in this process it would apply to the test as well, whose own files may be above it.
        files, program = settings.pop("files", None), settings.pop("program", None)
        command = [sys.executable, *cast(list[str], program)] if program else [str(COMMAND)]
        self._command = ["sh", "-c", f'ulimit -n {files}; exec "$0" "$@"', *command] if files else command
        self._fresh = bool(settings.pop("fresh", False) or clock or files or program)
        self._forked_program = cast(list[str], settings.pop("forked_program", []))
        self._settings = ROOMY | settings
        self._log = Path(tempfile.mkstemp(prefix="server-", suffix=".log", dir=self._folder())[1])
        self._process: subprocess.Popen[bytes] | ForkedProcess | None = None

    def _folder(self) -> Path | None:
        return None if isinstance(self.storage, str) else self.storage.parent

    @property
    def database(self) -> Path:
        """The SQLite file."""
        assert isinstance(self.storage, Path), "this server has no file"
        return self.storage

    @property
    def on_postgres(self) -> bool:
        """Whether it is no file."""
        return isinstance(self.storage, str)

    @property
    def address(self) -> str:
        """The origin it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start; returns once it answers."""
        said = len(self.log())
        environment = environment_of(self.storage, **self._settings, port=self.port) | self._clock
        with self._log.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            if self._fresh:
                self._process = subprocess.Popen([*self._command, "serve"], env=environment, stdout=log, stderr=log)
            else:
                files = [nothing.fileno(), log.fileno(), log.fileno()]
                self._process = ForkedProcess(["serve"], environment, files, program=self._forked_program)
        wait_until(lambda: "the desk is at" in self.log()[said:] or self._gone(), START_SECONDS, "the server starts")
        assert not self._gone(), f"the server did not start:\n{self.log()[said:]}"
        assert httpx.get(f"{self.address}/healthz", trust_env=False, timeout=START_SECONDS).status_code == 200

    @property
    def stopped(self) -> bool:
        """Whether the process has ended or was never started."""
        return self._gone()

    def _gone(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """End it as a power cut would: with SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(STOP_SECONDS)

    def begin_stop(self) -> None:
        """Ask it to stop with SIGTERM."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def wait_stopped(self, seconds: float = STOP_SECONDS) -> int:
        """Its exit code. Raises TimeoutExpired when it does not end in time."""
        assert self._process is not None
        return self._process.wait(seconds)

    def stop(self) -> int:
        """Stop it, if it runs, and return its exit code."""
        if not self._gone():
            self.begin_stop()
        return self.wait_stopped()

    def dispose(self) -> None:
        """End it, whatever state it is in."""
        if not self._gone():
            self.kill()

    def log(self) -> str:
        """Return its output so far on stdout and stderr."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query, read past the server. The query must be valid on SQLite and PostgreSQL."""
        if self.on_postgres:
            return ask_postgres(self.database_url, query, *values)
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def change(self, statement: str, *values: object) -> None:
        """Change the database past the server: for states that take days to come about."""
        if self.on_postgres:
            ask_postgres(self.database_url, statement, *values)
            return
        connection = sqlite3.connect(self.database, timeout=10)
        try:
            with connection:
                connection.execute(statement, values)
        finally:
            connection.close()

    def damage(self) -> list[tuple[Any, ...]]:
        """Return SQLite's integrity errors in its file. PostgreSQL checks its files itself."""
        if self.on_postgres:
            return []
        found = self.rows("PRAGMA integrity_check")
        return [row for row in found if row != ("ok",)] + self.rows("PRAGMA foreign_key_check")
