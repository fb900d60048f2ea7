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

_DATABASE = "crumbless.db"
_COMMAND = str(Path(sys.executable).parent / "crumbless")
_RAISED_LIMITS = {
    "CRUMBLESS_VISITOR_MESSAGES_PER_MINUTE": "120000",
    "CRUMBLESS_VISITOR_MESSAGE_BURST": "4000",
    "CRUMBLESS_FRAMES_PER_SECOND": "2000",
    "CRUMBLESS_FRAME_BURST": "4000",
}

MANY_WORKSPACES = Layout(workspaces=OPERATORS, conversations=CONVERSATIONS // OPERATORS, operators=1)
"""Each message goes to its sender, the other tab and one operator, as in the peers."""

ONE_WORKSPACE = Layout(workspaces=1, conversations=CONVERSATIONS, operators=OPERATORS)
"""Each message goes to its sender, the other tab and twenty operators."""


@dataclass
class CrumblessStack:
    """The server with a layout of its own.

    `page_origin` is that of the pages that may show the chat; `seeded` is who is in the database of the last start.
    """

    layout: Layout = MANY_WORKSPACES
    name: str = "Crumbless"
    page_origin: str = "https://shop.example"
    seeded: Seeded = field(default_factory=lambda: Seeded([], []))

    def start(self, folder: Path) -> RunningServer:
        """Migrates and seeds a database, then serves it."""
        port = free_port()
        environment = {
            **_RAISED_LIMITS,
            "CRUMBLESS_DATABASE_URL": f"sqlite:///{folder / _DATABASE}",
            "CRUMBLESS_PORT": str(port),
            "CRUMBLESS_LOG_LEVEL": "warning",
        }
        _migrate(environment)
        self.seeded = seed_database(folder / _DATABASE, self.layout, self.page_origin)
        return start_server([_COMMAND, "serve"], port, folder / "crumbless.log", environment)

    def wire(self, server: RunningServer) -> Wiring:
        """Two streams for each visitor's session, one for each operator's."""
        visitors, operators = self.seeded.visitors, self.seeded.operators
        senders = [Sender(_open_stream(server, visitor), *_send_frame(visitor)) for visitor in visitors]
        tabs = [Receiver(_open_stream(server, visitor), "tab") for visitor in visitors]
        desks = [
            Receiver(_open_stream(server, operator), "operator", number) for number, operator in enumerate(operators)
        ]
        expect = 1 + self.layout.operators
        return Wiring(senders, [*tabs, *desks], '{"op":"ack"', '{"op":"entries"', '{"op":"error"', expect)

    def open_idle(self, server: RunningServer, count: int) -> Sequence[OpenSocket]:
        """One stream for each of `count` visitors; the layout must have as many."""
        return [_open_stream(server, visitor) for visitor in self.seeded.visitors[:count]]

    def kept(self, folder: Path, run: str) -> frozenset[str]:
        """The ids of a run's entries in the ledger."""
        return read_ids(folder / _DATABASE, "entry", run)


def _migrate(environment: dict[str, str]) -> None:
    subprocess.run([_COMMAND, "migrate"], check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environment})


def _send_frame(visitor: SignedIn) -> tuple[str, str]:
    return f'{{"op":"send","conversation":"{visitor.conversation}","id":"', f'","text":"{PADDING}"}}'


def _open_stream(server: RunningServer, person: SignedIn) -> OpenSocket:
    """A stream that has been welcomed: challenge, token with a proof over it, welcome."""
    address = f"http://127.0.0.1:{server.port}"
    opened = open_socket(server.port, "/v1/stream", {"Sec-WebSocket-Protocol": "crumbless.v1", "Origin": address})
    challenge: dict[str, str] = json.loads(opened.read_text())
    proof = person.key.prove_stream(address, challenge["nonce"], person.token)
    opened.send_text(json.dumps({"op": "auth", "token": person.token, "proof": proof, "after": None}))
    welcome = opened.read_text()
    if not welcome.startswith('{"op":"welcome"'):
        raise HandshakeError(f"not welcome: {welcome}")
    return opened
