"""A real NATS of the tests' own, from a wheel: one server, or three that are connected by routes."""

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from support.ports import free_port

PROGRAM = Path(sys.executable).parent / "nats-server"

START_SECONDS = 20.0
STOP_SECONDS = 10.0


class NatsServer:
    """One server, on the same port at each start.

    Args:
        more: further lines of its configuration.
    """

    def __init__(self, more: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nats-"))
        self.port = free_port()
        self.more = more
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """How it is named in CRUMBLESS_BUS_URL."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start; returns once it takes connections."""
        settings = self.folder / "nats.conf"
        settings.write_text(f'listen: "127.0.0.1:{self.port}"\n{self.more}\n')
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([PROGRAM, "-c", settings], stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as one:
                return one.recv(4) == b"INFO"
        except OSError:
            return False

    def stop(self) -> None:
        """End it at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(STOP_SECONDS)

    def dispose(self) -> None:
        """Stop it and take its folder away."""
        if self._process is not None and self._process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """Return its log."""
        return (self.folder / "log").read_text(errors="replace")


def make_cluster(
    routes_of: Sequence[Sequence[int]] | None = None, ports: Sequence[int] | None = None
) -> list[NatsServer]:
    """Three servers that are connected with each other.

    Args:
        routes_of: for each server, the ports at which it looks for others; all of them when absent.
        ports: where each server listens for others.
    """
    ports = ports or [free_port() for _ in range(3)]
    servers: list[NatsServer] = []
    for number, port in enumerate(ports):
        wanted = routes_of[number] if routes_of else [one for one in ports if one != port]
        routes = ", ".join(f'"nats://127.0.0.1:{one}"' for one in wanted)
        # Servers do not advertise addresses: connections only use these routes, and can be cut there.
        servers.append(
            NatsServer(
                f'server_name: "n{number}"\n'
                f'cluster {{ name: "c", listen: "127.0.0.1:{port}", no_advertise: true, routes: [{routes}] }}'
            )
        )
    return servers


def routes_made(server: NatsServer) -> int:
    """How many connections to other servers it has made since its start."""
    return len(re.findall(r"Route connection created", server.log()))
