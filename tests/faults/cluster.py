"""Several nodes on one PostgreSQL, with a NATS cluster of three or the bus in PostgreSQL, all real."""

import contextlib
import signal
import subprocess
import sys
import threading
from pathlib import Path

import asyncpg

from faults.installation import ADDRESS, Installation, Node
from faults.trouble import FULL, Fault
from support.ports import free_port
from support.postgres import PostgresServer, ask_postgres
from support.server import ROOMY, environment_of

NATS = Path(sys.executable).parent / "nats-server"

SETTINGS = {
    # The data is in memory.
    "max_wal_size": "128MB",
    # So that recoveries are logged.
    "log_min_messages": "log",
}

FILL_LOG = "SELECT pg_logical_emit_message(true, 'fill', repeat('x', 1000000))"
MAX_FILLS = 500
"""A new segment of the write-ahead log is needed after 16 MB; a few of them may be ready."""


class NatsCluster:
    """Servers that know of one another by routes. Their ports stay the same over restarts."""

    SIZE = 3

    def __init__(self, folder: Path, size: int = SIZE) -> None:
        self._folder = folder
        self._ports = [(free_port(), free_port()) for _ in range(size)]
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * size

    @property
    def url(self) -> str:
        """The value of CRUMBLESS_BUS_URL."""
        return ",".join(f"nats://127.0.0.1:{client}" for client, _ in self._ports)

    def start(self) -> None:
        """Start those that do not run."""
        for number in range(len(self._ports)):
            self.start_one(number)

    def start_one(self, number: int) -> None:
        """Start a server, unless it runs."""
        process = self._processes[number]
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGCONT)
            return
        client, route = self._ports[number]
        routes = ",".join(f"nats://127.0.0.1:{port}" for one, (_, port) in enumerate(self._ports) if one != number)
        command = [NATS, "-a", "127.0.0.1", "-p", str(client), "--cluster_name", "faults"]
        command += ["--cluster", f"nats://127.0.0.1:{route}", "--routes", routes]
        with (self._folder / f"nats-{number}.log").open("ab") as log:
            self._processes[number] = subprocess.Popen(command, stdout=log, stderr=log)

    def send(self, number: int, signal_number: signal.Signals) -> None:
        """Send a signal to a server, if it runs."""
        process = self._processes[number % len(self._processes)]
        if process is not None and process.poll() is None:
            process.send_signal(signal_number)

    def kill_one(self, number: int) -> None:
        """Kill a server with SIGKILL."""
        self.send(number, signal.SIGKILL)

    def kill(self) -> None:
        """End all of them."""
        for process in self._processes:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait(10)


class Cluster(Installation):
    """Any node may die at any moment; so may a server of the bus, and PostgreSQL.

    Args:
        size: how many nodes.
        bus: `nats` or `postgresql`.
    """

    def __init__(self, folder: Path, size: int = 3, bus: str = "nats") -> None:
        super().__init__(folder)
        try:
            self._postgres = PostgresServer(limited=True, more=SETTINGS)
        except PermissionError:
            self._postgres = PostgresServer(more=SETTINGS)
            self.not_run = dict.fromkeys(FULL, "needs root")
        self._postgres.start()
        self._url = self._postgres.new_database()
        self._nats = NatsCluster(folder) if bus == "nats" else None
        if self._nats:
            self._nats.start()
        bus_url = self._nats.url if self._nats else "postgresql"
        settings = environment_of(self._url, **ROOMY, public_url=ADDRESS, bus_url=bus_url)
        self.nodes = [Node(f"node-{number}", folder, settings) for number in range(1, size + 1)]
        # Troubles that overlap come from several threads.
        self._database_lock = threading.Lock()
        self._full = 0

    @property
    def database_url(self) -> str:
        """The database."""
        return self._url

    def recoveries(self) -> int:
        """Return how often PostgreSQL recovered from a crash."""
        return self._postgres.log().count("automatic recovery in progress")

    async def stop(self) -> None:
        """End everything."""
        await super().stop()
        if self._nats:
            self._nats.kill()
        self._postgres.dispose()

    def begin(self, trouble: Fault) -> None:
        """Break the bus or the database."""
        if trouble.kind.startswith("database"):
            with self._database_lock:
                self._break_database(trouble.kind)
        elif self._nats:
            _break_bus(self._nats, trouble)

    def end(self, trouble: Fault) -> None:
        """Repair it."""
        if trouble.kind in FULL:
            with self._database_lock:
                self._full -= 1
        if trouble.kind.startswith("database"):
            self._recover_database()
        elif self._nats and trouble.kind == "bus":
            self._nats.start()
        elif self._nats:
            self._nats.start_one(trouble.which % NatsCluster.SIZE)

    def heal(self) -> None:
        """Bus and database work."""
        if self._nats:
            self._nats.start()
        self._recover_database()

    def _break_database(self, kind: str) -> None:
        match kind:
            case "database":
                self._postgres.stop()
            case "database_kill":
                self._postgres.crash()
            case "database_full" | "database_full_log":
                self._full += 1
                assert self._postgres.disk is not None
                self._postgres.disk.fill()
                if kind == "database_full_log":
                    self._fill_log()
            case "database_backend":
                with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    self._postgres.kill_backend(self._url)
            case _:
                assert kind == "database_sessions", kind
                with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    self._postgres.end_connections(self._url)

    def _fill_log(self) -> None:
        """Write until the write-ahead log finds no room, at which PostgreSQL crashes."""
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            for _ in range(MAX_FILLS):
                ask_postgres(self._postgres.url(), FILL_LOG)

    def _recover_database(self) -> None:
        with self._database_lock:
            if self._full:
                # It cannot start before there is room: the end of the full disk starts it.
                return
            if self._postgres.disk is not None:
                self._postgres.disk.make_room()
            self._postgres.recover()


def _break_bus(nats: NatsCluster, trouble: Fault) -> None:
    match trouble.kind:
        case "bus":
            nats.kill()
        case "bus_kill":
            nats.kill_one(trouble.which)
        case _:
            assert trouble.kind == "bus_part", trouble
            # It is frozen: its clients receive nothing, and the other servers continue without it.
            nats.send(trouble.which, signal.SIGSTOP)
