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
    # Logs recoveries.
    "log_min_messages": "log",
}

FILL_LOG = "SELECT pg_logical_emit_message(true, 'fill', repeat('x', 1000000))"
MAX_FILLS = 500
"""PostgreSQL needs a new segment of the write-ahead log after 16 MB. A few segments may exist in advance."""


class NatsCluster:
    """NATS servers connected by routes. Their ports stay the same after restarts."""

    SIZE = 3

    def __init__(self, folder: Path, size: int = SIZE) -> None:
        self._folder = folder
        self._ports = [(free_port(), free_port()) for _ in range(size)]
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * size

    @property
    def url(self) -> str:
        """Return the value of CRUMBLESS_BUS_URL."""
        return ",".join(f"nats://127.0.0.1:{client}" for client, _ in self._ports)

    def start(self) -> None:
        """Start the servers that are not running."""
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
        """Stop all servers."""
        for process in self._processes:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait(10)


class Cluster(Installation):
    """A cluster whose nodes, bus servers and PostgreSQL can fail at any moment.

    Args:
        size: the number of nodes.
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
        # Overlapping faults come from several threads.
        self._database_lock = threading.Lock()
        self._full = 0

    @property
    def database_url(self) -> str:
        """Return the URL of the database."""
        return self._url

    def recoveries(self) -> int:
        """Return how often PostgreSQL recovered from a crash."""
        return self._postgres.log().count("automatic recovery in progress")

    async def stop(self) -> None:
        """Stop everything."""
        await super().stop()
        if self._nats:
            self._nats.kill()
        self._postgres.dispose()

    def begin(self, fault: Fault) -> None:
        """Inject a fault into the bus or the database."""
        if fault.kind.startswith("database"):
            with self._database_lock:
                self._break_database(fault.kind)
        elif self._nats:
            _break_bus(self._nats, fault)

    def end(self, fault: Fault) -> None:
        """End the fault."""
        if fault.kind in FULL:
            with self._database_lock:
                self._full -= 1
        if fault.kind.startswith("database"):
            self._recover_database()
        elif self._nats and fault.kind == "bus":
            self._nats.start()
        elif self._nats:
            self._nats.start_one(fault.which % NatsCluster.SIZE)

    def heal(self) -> None:
        """Restore bus and database."""
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
        """Write until the disk of the write-ahead log is full, so that PostgreSQL crashes."""
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            for _ in range(MAX_FILLS):
                ask_postgres(self._postgres.url(), FILL_LOG)

    def _recover_database(self) -> None:
        with self._database_lock:
            if self._full:
                # PostgreSQL cannot start on a full disk. The end of that fault starts it.
                return
            if self._postgres.disk is not None:
                self._postgres.disk.make_room()
            self._postgres.recover()


def _break_bus(nats: NatsCluster, fault: Fault) -> None:
    match fault.kind:
        case "bus":
            nats.kill()
        case "bus_kill":
            nats.kill_one(fault.which)
        case _:
            assert fault.kind == "bus_part", fault
            # The server is frozen: its clients receive nothing, and the other servers continue without it.
            nats.send(fault.which, signal.SIGSTOP)
