"""Runs `crumbless` commands in forks of one process that has imported the product.

A fresh process spends 0.9 s of CPU time on imports, and the tests start hundreds. A fork is as much a process as any
other: it has its own environment, descriptors, signals and exit code, and ends as Python ends. Memory, limits of
descriptors and wrong clocks are set before Python starts, so tests of these start a fresh process.

The other half of this file is its client, `ForkedProcess`. Each request and each answer is one packet with JSON.
"""

import atexit
import gc
import importlib
import json
import os
import resource
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).parent / "crumbless"

PRELOADED = (
    "alembic.command",
    "alembic.config",
    "babel",
    "httpx",
    "joserfc.jwk",
    "joserfc.jws",
    "joserfc.jwt",
    "litestar.middleware._internal.exceptions",
    "litestar.middleware.allowed_hosts",
    "typer._adapters",
    "typer.rich_utils",
    "uvicorn.lifespan.off",
    "webauthn",
    "crumbless.cli.check_command",
    "crumbless.cli.database_commands",
    "crumbless.cli.main",
    "crumbless.cli.people_commands",
    "crumbless.cli.serve_command",
    "crumbless.cli.site_commands",
    "crumbless.cli.status_command",
    "crumbless.cli.tag_commands",
    "crumbless.database.database_postgres",
    "crumbless.ledger.ledger_postgres",
    "crumbless.mail.mail_smtp",
    "crumbless.operations.metrics_view",
    "crumbless.realtime.bus_nats",
    "crumbless.realtime.bus_postgres",
)
"""Modules that commands import with their start or with the first use."""

REQUEST_BYTES = 1_000_000
CLOSED_SECONDS = 20.0


class ForkServer:
    """The client's end. One runs for each process of pytest, and ends with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # -P: the folder of this file has modules named like installed packages.
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def end(self) -> None:
        """End it. Its forks run on."""
        self._socket.close()
        self._process.wait(CLOSED_SECONDS)

    def ask(self, request: dict[str, Any], files: Sequence[int] = ()) -> int | None:
        """Return the answer to a request."""
        with self._lock:
            socket.send_fds(self._socket, [json.dumps(request).encode()], files)
            answer = self._socket.recv(REQUEST_BYTES)
        assert answer, "the fork server has ended"
        return json.loads(answer)


_server: list[ForkServer] = []
_starting = threading.Lock()


def fork_server() -> ForkServer:
    """Return the server of this process, started with its first use."""
    with _starting:
        if not _server:
            _server.append(ForkServer())
            atexit.register(_server[0].end)
        return _server[0]


class ForkedProcess:
    """A running `crumbless` command, as `subprocess.Popen` would describe it.

    Args:
        arguments: of the command, without its name.
        environment: all of its environment.
        files: descriptors of its standard input, output and error.
        program: a script that runs in place of `crumbless`, and its arguments. It finds the product's modules imported.
        folder: where it runs, else where this process does.
        umask: instead of that of this process.
        file_bytes: the size that none of its files can exceed.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: dict[str, str],
        files: Sequence[int],
        *,
        program: Sequence[str] = (),
        folder: Path | None = None,
        umask: int | None = None,
        file_bytes: int = resource.RLIM_INFINITY,
    ) -> None:
        self._asked = fork_server()
        request = {
            "command": [*(program or [str(COMMAND)]), *arguments],
            "environment": environment,
            "folder": str(folder or Path.cwd()),
            "umask": umask,
            "file_bytes": file_bytes,
        }
        pid = self._asked.ask(request, files)
        assert pid is not None
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return its exit code, negative for a signal, or None if it runs."""
        if self.returncode is None:
            self.returncode = self._asked.ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Return its exit code. Raises TimeoutExpired if it does not end in time."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(COMMAND), timeout)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended: its number could be another process's."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.send_signal(signal.SIGKILL)


def exit_code_of(pid: int) -> int | None:
    """Return the exit code of a child, or None if it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def serve(asked: socket.socket) -> list[str]:
    """Answer requests until the client has closed. Return in each fork, with its command."""
    while True:
        message, files, _, _ = socket.recv_fds(asked, REQUEST_BYTES, 3)
        if not message:
            # Without the end of an interpreter that never ran a command.
            os._exit(0)
        request = json.loads(message)
        if "ended" in request:
            answer = exit_code_of(request["ended"])
        else:
            answer = os.fork()
            if answer == 0:
                asked.close()
                become(request, files)
                return request["command"]
        for file in files:
            os.close(file)
        asked.send(json.dumps(answer).encode())


def become(request: dict[str, Any], files: Sequence[int]) -> None:
    """Take over the environment, folder, limits and standard streams of a request."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    if request["umask"] is not None:
        os.umask(request["umask"])
    resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_bytes"], request["file_bytes"]))
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)


if __name__ == "__main__":
    for _name in PRELOADED:
        importlib.import_module(_name)
    gc.collect()
    gc.freeze()
    sys.argv = serve(socket.socket(fileno=int(sys.argv[1])))
    if sys.argv[0] == str(COMMAND):
        sys.exit(importlib.import_module("crumbless.cli.main").main())
    runpy.run_path(sys.argv[0], run_name="__main__")
