"""Crumbless itself, as an operator of a server would run it: `crumbless serve` with settings from the environment.

Every check of a real message is on. Only the limits are raised, above what the generator sends on one connection.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from load_run import Receiver, Sender, Wiring
from seed_crumbless import Layout, Seeded, SignedIn, seed_database
from server_process import RunningServer, free_port, start_server
from socket_open import HandshakeError, OpenSocket, open_socket
from stack import CONVERSATIONS, OPERATORS, PADDING, read_ids
from stack_peers import SPREAD

_DATABASE = "crumbless.db"
COMMAND = str(Path(sys.executable).parent / "crumbless")
RAISED_LIMITS = {
    "CRUMBLESS_VISITOR_MESSAGES_PER_MINUTE": "120000",
    "CRUMBLESS_VISITOR_MESSAGE_BURST": "4000",
    "CRUMBLESS_FRAMES_PER_SECOND": "2000",
    "CRUMBLESS_FRAME_BURST": "4000",
    "CRUMBLESS_UNAUTHENTICATED_PER_ADDRESS": "1000",
}

MANY_WORKSPACES = Layout(workspaces=OPERATORS, conversations=CONVERSATIONS // OPERATORS, operators=1)
"""Each message goes to its sender, the other tab and one operator, as in the peers."""

MANY_CONVERSATIONS = Layout(workspaces=OPERATORS, conversations=SPREAD // OPERATORS, operators=1)
"""As many receivers, but ten times the conversations."""

ONE_WORKSPACE = Layout(workspaces=1, conversations=CONVERSATIONS, operators=OPERATORS)
"""Each message goes to its sender, the other tab and twenty operators."""


@dataclass
class CrumblessStack:
    """The server with a given layout.

    `page_origin` is that of the pages that may show the chat. `seeded` contains the clients of the last start.
    """

    layout: Layout = MANY_WORKSPACES
    name: str = "Crumbless"
    page_origin: str = "https://shop.example"
    seeded: Seeded = field(default_factory=lambda: Seeded([], []))

    def start(self, folder: Path) -> RunningServer:
        """Migrates and seeds a database, then serves it."""
        port = free_port()
        environment = {
            **RAISED_LIMITS,
            "CRUMBLESS_DATABASE_URL": f"sqlite:///{folder / _DATABASE}",
            "CRUMBLESS_PORT": str(port),
            "CRUMBLESS_LOG_LEVEL": "warning",
        }
        migrate_database(environment)
        self.seed(folder)
        return start_server([COMMAND, "serve"], port, folder / "crumbless.log", environment)

    def seed(self, folder: Path) -> None:
        """Puts people into the migrated database."""
        self.seeded = seed_database(folder / _DATABASE, self.layout, self.page_origin)

    def wire(self, server: RunningServer) -> Wiring:
        """Two streams for each visitor's session, one for each operator's."""
        return wire_streams(self.seeded, self.layout, server)

    def open_idle(self, server: RunningServer, count: int) -> Sequence[OpenSocket]:
        """One stream for each of `count` visitors; the layout must have as many."""
        return open_idle_streams(self.seeded, server, count)

    def kept(self, folder: Path, run: str) -> frozenset[str]:
        """The ids of a run's entries in the ledger."""
        return read_ids(folder / _DATABASE, "entry", run)


def wire_streams(
    seeded: Seeded, layout: Layout, server: RunningServer, other: RunningServer | None = None, *, spread: bool = False
) -> Wiring:
    """Two streams for each visitor's session, one for each operator's.

    Operators are at the other node, where there is one; with `spread`, every second one is, and every second visitor.
    """
    address = f"http://127.0.0.1:{server.port}"
    far = other or server
    nodes = (server, far) if spread else (server, server)
    senders = [
        Sender(open_stream(nodes[number % 2], visitor, address), *_send_frame(visitor))
        for number, visitor in enumerate(seeded.visitors)
    ]
    tabs = [
        Receiver(open_stream(nodes[number % 2], visitor, address), "tab")
        for number, visitor in enumerate(seeded.visitors)
    ]
    desks = [
        Receiver(open_stream(nodes[number % 2] if spread else far, operator, address), "operator", number)
        for number, operator in enumerate(seeded.operators)
    ]
    expect = 1 + layout.operators
    return Wiring(senders, [*tabs, *desks], '{"op":"ack"', '{"op":"entries"', '{"op":"error"', expect)


def open_idle_streams(seeded: Seeded, server: RunningServer, count: int) -> Sequence[OpenSocket]:
    """A stream of each of `count` visitors."""
    return [open_stream(server, visitor) for visitor in seeded.visitors[:count]]


def migrate_database(environment: dict[str, str]) -> None:
    """Brings the database that the settings name to the product's schema."""
    subprocess.run([COMMAND, "migrate"], check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environment})


def _send_frame(visitor: SignedIn) -> tuple[str, str]:
    return f'{{"op":"send","conversation":"{visitor.conversation}","id":"', f'","text":"{PADDING}"}}'


def open_stream(server: RunningServer, person: SignedIn, public_url: str = "", after: int | None = None) -> OpenSocket:
    """A stream that has been welcomed: challenge, token with a proof over it, welcome.

    `public_url` is what the installation is called; by itself the server's own address. `after`: where to continue.
    """
    address = public_url or f"http://127.0.0.1:{server.port}"
    opened = open_socket(server.port, "/v1/stream", {"Sec-WebSocket-Protocol": "crumbless.v1", "Origin": address})
    challenge: dict[str, str] = json.loads(opened.read_text())
    proof = person.key.prove_stream(address, challenge["nonce"], person.token)
    opened.send_text(json.dumps({"op": "auth", "token": person.token, "proof": proof, "after": after}))
    welcome = opened.read_text()
    if not welcome.startswith('{"op":"welcome"'):
        raise HandshakeError(f"not welcome: {welcome}")
    return opened
