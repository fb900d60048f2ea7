"""Three nodes on one PostgreSQL and a NATS cluster of three, all real."""

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

from faults.installation import ADDRESS, Installation, Node
from faults.trouble import Trouble
from support.ports import free_port
from support.postgres import PostgresServer
from support.server import ROOMY, environment_of

NATS = Path(sys.executable).parent / "nats-server"


class NatsCluster:
    """Servers that know of one another by routes. Their ports stay the same over restarts."""

    def __init__(self, folder: Path, size: int = 3) -> None:
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

    def kill(self) -> None:
        """End all of them."""
        for process in self._processes:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait(10)


class Cluster(Installation):
    """Any node may die at any moment; so may a server of the bus, and PostgreSQL may restart."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._postgres = PostgresServer()
        self._postgres.start()
        self._url = self._postgres.new_database()
        self._nats = NatsCluster(folder)
        self._nats.start()
        settings = environment_of(self._url, **ROOMY, public_url=ADDRESS, bus_url=self._nats.url)
        self.nodes = [Node(f"node-{number}", folder, settings) for number in (1, 2, 3)]

    @property
    def database_url(self) -> str:
        """The database."""
        return self._url

    async def stop(self) -> None:
        """End everything."""
        await super().stop()
        self._nats.kill()
        self._postgres.dispose()

    def begin(self, trouble: Trouble) -> None:
        """What happens to the bus and the database."""
        match trouble.kind:
            case "bus":
                self._nats.kill()
            case "bus_part":
                # It stands still: those who are connected to it hear nothing, and the others go on without it.
                self._nats.send(trouble.which, signal.SIGSTOP)
            case "database":
                self._postgres.stop()
            case _:
                assert trouble.kind == "database_sessions", trouble
                with contextlib.suppress(OSError):
                    self._postgres.end_connections(self._url)

    def end(self, trouble: Trouble) -> None:
        """It heals."""
        match trouble.kind:
            case "bus":
                self._nats.start()
            case "bus_part":
                self._nats.send(trouble.which, signal.SIGCONT)
            case "database":
                self._start_database()
            case _:
                pass

    def heal(self) -> None:
        """Bus and database work."""
        self._nats.start()
        self._start_database()

    def _start_database(self) -> None:
        if not self._postgres.runs():
            self._postgres.start()
