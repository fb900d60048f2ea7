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

from crumbless.actions.workspace_set_up import add_operator, add_site, workspace_for
from crumbless.store.database import write_once
from crumbless.store.schema import migrate
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
    """Return what was stored; the data of an entry that is no message has no text."""
    return Kept(workspace, position, conversation, seq, entry_id, json.loads(data).get("text", ""))


class Node:
    """One process of the product, and the proxy through which clients reach it."""

    def __init__(self, name: str, folder: Path, settings: dict[str, str]) -> None:
        self.name = name
        self.port = free_port()
        self.proxy = Proxy(self.port)
        self.log = folder / f"{name}.log"
        self.shift = 0.0
        """Seconds by which the node's clock is wrong from its next start on."""
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False

    def start(self) -> None:
        """Start; returns at once."""
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
        """Whether it takes connections."""
        with socket.socket() as one:
            one.settimeout(0.2)
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def wait_started(self) -> None:
        """Return once it takes connections, or has ended because what it needs is away."""
        deadline = time.monotonic() + START_SECONDS
        while not self.answers() and time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                return
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if there is a process."""
        self._stopping = self._stopping or number == signal.SIGTERM
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would, and wait until it is gone."""
        self.send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._process is not None
        return self._process.pid

    def tracebacks(self) -> int:
        """How many its log has."""
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
        """The kinds of faults that cannot be injected on this machine, each with the reason."""
        self._held = ExitStack()

    @property
    @abstractmethod
    def database_url(self) -> str:
        """Where the nodes keep everything, past every proxy."""

    async def start(self) -> None:
        """Furnish the database and start everything."""
        migrate(self.database_url)
        self.workspace = write_once(self.database_url, seed_database)
        for node in self.nodes:
            await node.proxy.start()
            node.start()
        wait_for_nodes(self.nodes)

    async def stop(self) -> None:
        """End everything."""
        for node in self.nodes:
            node.send(signal.SIGCONT)
            node.kill()
            await node.proxy.stop()
        self._held.close()

    def kept(self) -> list[Kept]:
        """Every message that the database has."""
        return write_once(self.database_url, lambda connection: [_kept(*row) for row in connection.execute(KEPT)])

    def recoveries(self) -> int:
        """Return how often the database recovered from a crash."""
        return 0

    @abstractmethod
    def begin(self, trouble: "Fault") -> None:
        """Inject a fault that does not belong to a node."""

    @abstractmethod
    def end(self, trouble: "Fault") -> None:
        """Let it heal."""

    @abstractmethod
    def heal(self) -> None:
        """Everything that is not a node works again."""


class SingleNode(Installation):
    """One process, one SQLite file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._database = folder / "crumbless.db"
        settings = environment_of(self._database, **ROOMY, public_url=ADDRESS)
        self.nodes = [Node("node-1", folder, settings)]

    @property
    def database_url(self) -> str:
        """The file."""
        return f"sqlite:///{self._database}"

    def begin(self, trouble: "Fault") -> None:
        """The disk is full: the process may write no file beyond what the database has now."""
        assert trouble.kind == "full"
        limit_files(self.nodes[0].pid, self._database.stat().st_size)

    def end(self, trouble: "Fault") -> None:
        """There is room again."""
        self.heal()

    def heal(self) -> None:
        """There is room."""
        limit_files(self.nodes[0].pid, resource.RLIM_INFINITY)


def limit_files(pid: int, size: int) -> None:
    """Limit a process to files of `size` bytes: a write beyond that fails, as on a full disk.

    The error of a full disk is ENOSPC, and here it is EFBIG. For SQLite both are failed writes. Python ignores the
    signal that goes with it.
    """
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def seed_database(connection: Connection) -> int:
    """A workspace with one operator and one site; its id."""
    workspace = workspace_for(connection, "Tea")
    add_site(connection, workspace, SITE, "Tea", [ORIGIN])
    add_operator(connection, workspace, EMAIL, "Olga", PASSWORD)
    return workspace


def wait_for_nodes(nodes: Sequence[Node]) -> None:
    """Return once all take connections."""
    deadline = time.monotonic() + START_SECONDS
    while not all(node.answers() for node in nodes):
        if time.monotonic() > deadline:
            late = [node.name for node in nodes if not node.answers()]
            raise TimeoutError(f"not started within {START_SECONDS:g} s: {late}; see {nodes[0].log.parent}")
        time.sleep(0.05)
