"""Crumbless on PostgreSQL, with its data durable, on one node or several."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faults.cluster import NatsCluster
from load_run import Wiring
from postgres_ask import ids_of
from seed_crumbless import Layout, Seeded, seed_url
from server_process import SERVER_CORE, RunningServer, free_port, start_server
from socket_open import OpenSocket
from stack_crumbless import COMMAND, MANY_WORKSPACES, RAISED_LIMITS, migrate_database, open_idle_streams, wire_streams
from support.postgres import PostgresServer
from support.server import TEST_KEY

CORES = os.cpu_count() or 1
CHANGED = str(Path(__file__).with_name("serve_changed.py"))


@dataclass
class PostgresStack:
    """One node. `changed`: a name that serve_changed.py knows, or empty for the product as it is."""

    postgres: PostgresServer
    changed: str = ""
    layout: Layout = MANY_WORKSPACES
    name: str = "Crumbless on PostgreSQL"
    page_origin: str = "https://shop.example"
    seeded: Seeded = field(default_factory=lambda: Seeded([], []))
    url: str = ""

    def start(self, folder: Path) -> RunningServer:
        """Makes, migrates and seeds a database, then serves it."""
        return self.start_nodes(folder, 1)[0]

    def start_nodes(self, folder: Path, count: int, nats: NatsCluster | None = None) -> list[RunningServer]:
        """Start nodes, each on a separate core while there are cores. All serve the address of the first."""
        self.url = self.postgres.new_database()
        ports = [free_port() for _ in range(count)]
        environment = {
            **RAISED_LIMITS,
            "CRUMBLESS_DATABASE_URL": self.url,
            "CRUMBLESS_SECRET_KEY": TEST_KEY,
            "CRUMBLESS_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
            "CRUMBLESS_ALLOWED_HOSTS": ",".join(f"127.0.0.1:{port}" for port in ports),
            "CRUMBLESS_LOG_LEVEL": "warning",
        } | ({"CRUMBLESS_BUS_URL": nats.url} if nats else {})
        migrate_database(environment)
        self.seeded = seed_url(self.url, self.layout, self.page_origin)
        command = [sys.executable, CHANGED, self.changed] if self.changed else [COMMAND, "serve"]
        return [
            start_server(
                command,
                port,
                folder / f"node-{port}.log",
                environment | {"CRUMBLESS_PORT": str(port)},
                core=(SERVER_CORE + number) % CORES,
            )
            for number, port in enumerate(ports)
        ]

    def wire(self, server: RunningServer) -> Wiring:
        """As on SQLite."""
        return wire_streams(self.seeded, self.layout, server)

    def open_idle(self, server: RunningServer, count: int) -> Sequence[OpenSocket]:
        """As on SQLite."""
        return open_idle_streams(self.seeded, server, count)

    def kept(self, folder: Path, run: str) -> frozenset[str]:
        """The ids of a run's entries in the ledger."""
        return ids_of(self.url, run)
