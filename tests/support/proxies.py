"""Real proxies in front of a server: nginx, HAProxy and Caddy, as separate processes.

bin/test finds or unpacks them (bin/lib/proxies_find.sh).
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from support.people import TEA, new_entry_id
from support.ports import free_port
from support.raw_http import DEADLINE, RawAnswer, handshake_of, read_answer, request_of

START_SECONDS = 30.0
STOP_SECONDS = 10.0

TOOLS = Path(__file__).parents[2] / ".tools" / "proxies" / "bin"

NGINX: Final = """
daemon off;
master_process off;
pid FOLDER/nginx.pid;
error_log stderr;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path FOLDER/body;
    proxy_temp_path FOLDER/proxy;
    fastcgi_temp_path FOLDER/fastcgi;
    uwsgi_temp_path FOLDER/uwsgi;
    scgi_temp_path FOLDER/scgi;
    map $http_upgrade $crumbless_connection { default upgrade; "" ""; }
    upstream crumbless { server 127.0.0.1:TARGET; keepalive 8; }
    server {
        listen 127.0.0.1:PORT;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Connection $crumbless_connection;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header X-Forwarded-For ADDRESS;
        location / { proxy_pass http://crumbless; proxy_buffering off; }
    }
}
"""

HAPROXY: Final = """
defaults
    mode http
    timeout connect 10s
    timeout client 60s
    timeout server 60s
    timeout tunnel 60s
frontend visitors
    bind 127.0.0.1:PORT
    default_backend nodes
backend nodes
    option forwardfor
    server node 127.0.0.1:TARGET
"""

CADDY: Final = """
{
    admin off
    auto_https off
}
http://127.0.0.1:PORT {
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:TARGET {
        flush_interval -1
    }
}
"""

CONFIGURATIONS: Mapping[str, tuple[str, str]] = {
    "nginx that joins": ("nginx", NGINX.replace("ADDRESS", "$proxy_add_x_forwarded_for")),
    "nginx that replaces": ("nginx", NGINX.replace("ADDRESS", "$remote_addr")),
    "HAProxy that adds a line": ("haproxy", HAPROXY),
    "Caddy": ("caddy", CADDY),
}
"""Program and configuration by how each treats X-Forwarded-For."""


def find_program(name: str) -> Path:
    """Return the path of a proxy's program. Raises AssertionError if it is missing."""
    named = os.environ.get(f"CRUMBLESS_TEST_{name.upper()}") or shutil.which(
        name, path=f"{os.environ['PATH']}:/usr/sbin"
    )
    path = Path(named) if named else TOOLS / name
    assert path.exists(), f"{name} is missing: bin/test finds or unpacks it (bin/lib/proxies_find.sh)"
    return path


class Proxy:
    """One proxy, which passes requests on to a port.

    Args:
        kind: a key of CONFIGURATIONS.
    """

    def __init__(self, kind: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._program, self._configuration = CONFIGURATIONS[kind]
        self._folder = Path(tempfile.mkdtemp(prefix="proxy-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, target: int) -> None:
        """Start it in front of a port of this machine. Return once it accepts connections."""
        program = find_program(self._program)
        text = self._configuration.replace("PORT", str(self.port)).replace("TARGET", str(target))
        path = self._folder / "configuration"
        path.write_text(text.replace("FOLDER", str(self._folder)))
        arguments = {
            "nginx": ["-p", self._folder, "-e", "stderr", "-c", path],
            "haproxy": ["-db", "-f", path],
            "caddy": ["run", "--adapter", "caddyfile", "--config", path],
        }[self._program]
        home = {"HOME": str(self._folder), "XDG_DATA_HOME": str(self._folder), "XDG_CONFIG_HOME": str(self._folder)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([program, *arguments], stdout=log, stderr=log, env=os.environ | home)
        deadline = time.monotonic() + START_SECONDS
        while not self._accepts():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.02)

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _accepts(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(STOP_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)


class Client:
    """A client at a separate address (127.0.0.0/8), which writes X-Forwarded-For lines of its choice."""

    def __init__(self, port: int, source: str) -> None:
        self._port = port
        self._source = source
        self._open: list[asyncio.StreamWriter] = []

    async def start_conversation(self, *forged: str) -> RawAnswer:
        """Send a visitor's first message."""
        body = {"site": TEA.key, "id": new_entry_id(), "text": "x", "page_origin": TEA.origin}
        host, kind = f"127.0.0.1:{self._port}", "application/json"
        return await self._ask(
            request_of("POST", "/v1/visitor/start", host, json.dumps(body).encode(), Content_Type=kind), forged
        )

    async def open_websocket(self, *forged: str) -> RawAnswer:
        """Open a stream that is not authenticated and stays open."""
        return await self._ask(handshake_of(f"127.0.0.1:{self._port}"), forged)

    async def _ask(self, request: bytes, forged: tuple[str, ...]) -> RawAnswer:
        lines = "".join(f"X-Forwarded-For: {one}\r\n" for one in forged).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(self._source, 0))
        self._open.append(writer)
        writer.write(request.replace(b"\r\n", b"\r\n" + lines, 1))
        async with asyncio.timeout(DEADLINE):
            return await read_answer(reader)

    def close(self) -> None:
        """Close all connections."""
        for writer in self._open:
            writer.close()


BEHIND_A_PROXY: Mapping[str, object] = {
    "trusted_proxies": "127.0.0.1",
    "starts_per_hour": 1,
    "start_burst": 2,
    "unauthenticated_per_address": 2,
}
"""Settings of a server whose limits `check_limits` meets. Clients come from other addresses than 127.0.0.1."""


async def check_limits(port: int) -> None:
    """Check that limits count the clients of a proxy, over HTTP and WebSocket, whatever they write themselves."""
    forging, honest = Client(port, "127.0.0.2"), Client(port, "127.0.0.3")
    forged = [(), ("198.51.100.1",), ("198.51.100.2", "192.0.2.2"), ("198.51.100.3, 127.0.0.1",), ("127.0.0.1",)]
    try:
        started = [(await forging.start_conversation(*lines)).status for lines in forged]
        assert started == [201, 201, 429, 429, 429]
        assert (await honest.start_conversation()).status == 201, "another client has a limit of its own"
        opened = [(await forging.open_websocket(*lines)).status for lines in forged]
        assert opened == [101, 101, 429, 429, 429]
        assert (await honest.open_websocket()).status == 101, "another client has a limit of its own"
    finally:
        forging.close()
        honest.close()
