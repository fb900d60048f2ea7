"""The installation under test: nodes of the product behind proxies, and their database and bus."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from crumbless.database.database import write_once
from crumbless.database.schema import migrate
from crumbless.sites.workspace_set_up import add_operator, add_site, workspace_for
from faults.history import Kept
from faults.proxy import Proxy
from support.ports import free_port
from support.server import COMMAND, ROOMY, environment_of

if TYPE_CHECKING:
    from faults.trouble import Fault

ADDRESS = "http://chat.example"
"""The public address of the installation, which every node serves."""

SITE, ORIGIN = "tea-shop", "https://tea.example"
EMAIL, PASSWORD = "olga@tea.example", "correct horse battery"
START_SECONDS = 30.0

KEPT = text(
    "SELECT entry.workspace_id, entry.position, conversation.id, entry.seq, entry.id, CAST(entry.data AS TEXT) "
    "FROM entry JOIN conversation ON conversation.no = entry.conversation_no "
    "ORDER BY entry.workspace_id, entry.position"
)


def _kept(workspace: int, position: int, conversation: str, seq: int, entry_id: str, data: str) -> Kept:
    """Return the stored text. The data of entries other than messages has none."""
    return Kept(workspace, position, conversation, seq, entry_id, json.loads(data).get("text", ""))


class Node:
    """One process of the product, and the proxy through which clients reach it."""

    def __init__(self, name: str, folder: Path, settings: dict[str, str]) -> None:
        self.name = name
        self.port = free_port()
        self.proxy = Proxy(self.port)
        self.log = folder / f"{name}.log"
        self.shift = 0.0
        """The error of the node's clock in seconds. It takes effect at the next start."""
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False

    def start(self) -> None:
        """Start the process without waiting for it."""
        if self._process is not None and self._process.poll() is None:
            return
        environment = self._settings | {"CRUMBLESS_PORT": str(self.port)}
        if self.shift:
            clock = str(Path(__file__).with_name("clock"))
            path = os.pathsep.join([clock, environment.get("PYTHONPATH", "")])
            environment |= {"PYTHONPATH": path, "FAULTS_CLOCK_SHIFT": str(self.shift)}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([COMMAND, "serve"], env=environment, stdout=log, stderr=log)

    def start_again(self) -> None:
        """Start the node after a stopping process has ended. A running process continues."""
        if self._stopping and self._process is not None:
            self._process.wait(20)
        self._stopping = False
        self.start()

    def answers(self) -> bool:
        """Return whether it accepts connections."""
        with socket.socket() as one:
            one.settimeout(0.2)
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def wait_started(self) -> None:
        """Return once it accepts connections, or has exited because a dependency is unavailable."""
        deadline = time.monotonic() + START_SECONDS
        while not self.answers() and time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                return
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        """Send a signal if the process is running."""
        self._stopping = self._stopping or number == signal.SIGTERM
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """Kill the process as a power cut would, and wait for its end."""
        self.send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)

    @property
    def pid(self) -> int:
        """Return the process ID."""
        assert self._process is not None
        return self._process.pid

    def tracebacks(self) -> int:
        """Return how many tracebacks its log contains."""
        return self._logged("Traceback")

    def failed_batches(self) -> int:
        """Return how many batches could not be committed."""
        return self._logged("could not commit a batch")

    def internal_errors(self) -> list[str]:
        """Return the log lines with a traceback, without those about batches that failed."""
        return [
            line
            for line in self._log_text().splitlines()
            if "Traceback" in line and "could not commit a batch" not in line
        ]

    def _logged(self, text: str) -> int:
        return self._log_text().count(text)

    def _log_text(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""


class Installation(ABC):
    """Nodes and their database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nodes: list[Node] = []
        self.workspace = 0
        self.not_run: dict[str, str] = {}
        """Return the kinds of faults that cannot be injected on this machine, each with the reason."""
        self._held = ExitStack()

    @property
    @abstractmethod
    def database_url(self) -> str:
        """Return the database that all nodes use, without a proxy."""

    async def start(self) -> None:
        """Seed the database and start everything."""
        migrate(self.database_url)
        self.workspace = write_once(self.database_url, seed_database)
        for node in self.nodes:
            await node.proxy.start()
            node.start()
        wait_for_nodes(self.nodes)

    async def stop(self) -> None:
        """Stop everything."""
        for node in self.nodes:
            node.send(signal.SIGCONT)
            node.kill()
            await node.proxy.stop()
        self._held.close()

    def kept(self) -> list[Kept]:
        """Return all messages in the database."""
        return write_once(self.database_url, lambda connection: [_kept(*row) for row in connection.execute(KEPT)])

    def recoveries(self) -> int:
        """Return how often the database recovered from a crash."""
        return 0

    @abstractmethod
    def begin(self, fault: "Fault") -> None:
        """Inject a fault that does not belong to a node."""

    @abstractmethod
    def end(self, fault: "Fault") -> None:
        """End the fault."""

    @abstractmethod
    def heal(self) -> None:
        """Restore everything that is not a node."""


class SingleNode(Installation):
    """One process with one SQLite file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._database = folder / "crumbless.db"
        settings = environment_of(self._database, **ROOMY, public_url=ADDRESS)
        self.nodes = [Node("node-1", folder, settings)]

    @property
    def database_url(self) -> str:
        """Return the URL of the SQLite file."""
        return f"sqlite:///{self._database}"

    def begin(self, fault: "Fault") -> None:
        """Simulate a full disk: the process cannot write files beyond the current size of the database."""
        assert fault.kind == "full"
        limit_files(self.nodes[0].pid, self._database.stat().st_size)

    def end(self, fault: "Fault") -> None:
        """End the simulation of a full disk."""
        self.heal()

    def heal(self) -> None:
        """End the simulation of a full disk."""
        limit_files(self.nodes[0].pid, resource.RLIM_INFINITY)


def limit_files(pid: int, size: int) -> None:
    """Limit a process to files of `size` bytes: a write beyond that fails, as on a full disk.

    The error of a full disk is ENOSPC, and here it is EFBIG. For SQLite both are failed writes. Python ignores the
    signal that goes with it.
    """
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def seed_database(connection: Connection) -> int:
    """Add a workspace with one operator and one site and return its ID."""
    workspace = workspace_for(connection, "Tea")
    add_site(connection, workspace, SITE, "Tea", [ORIGIN])
    add_operator(connection, workspace, EMAIL, "Olga", PASSWORD)
    return workspace


def wait_for_nodes(nodes: Sequence[Node]) -> None:
    """Return once all nodes accept connections."""
    deadline = time.monotonic() + START_SECONDS
    while not all(node.answers() for node in nodes):
        if time.monotonic() > deadline:
            late = [node.name for node in nodes if not node.answers()]
            raise TimeoutError(f"not started within {START_SECONDS:g} s: {late}; see {nodes[0].log.parent}")
        time.sleep(0.05)
