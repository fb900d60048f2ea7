"""The servers that Crumbless is compared with, and the floor that the generator is checked against.

All of them speak one small protocol: `join` with the conversations of a connection, then `send`, `ack` and `entries`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from load_run import BUILD, Receiver, Sender, Wiring
from server_process import RunningServer, free_port, start_server
from socket_open import HandshakeError, OpenSocket, open_socket
from stack import CONVERSATIONS, OPERATORS, PADDING, read_ids

_PEERS = BUILD / "peers"


def conversation_id(number: int) -> str:
    """Conversations are numbered; each belongs to the operator of the same number modulo their count."""
    return f"00000000-0000-7000-8000-{number:012d}"


SPREAD = 2_000
"""Conversations of the row `spread`, in which each message goes to another conversation than those before it."""


@dataclass(frozen=True)
class PeerStack:
    """A peer that speaks plain WebSocket. Its command gets a port and the path of its database."""

    name: str
    command: tuple[str, ...]
    ack: str = '{"op":"ack"'
    entry: str = '{"op":"entries"'
    refuse: str = '{"op":"error"'
    path: str = "/"
    conversations: int = CONVERSATIONS

    def start(self, folder: Path) -> RunningServer:
        """Starts the peer with an empty database."""
        port = free_port()
        command = [*self.command, str(port), str(folder / "peer.db")]
        return start_server(command, port, folder / "peer.log", {"NODE_ENV": "production"})

    def wire(self, server: RunningServer) -> Wiring:
        """A sender and a tab per conversation, and the operators, each joined to its own conversations."""
        numbers = range(self.conversations)
        senders = [Sender(self._join(server, [conversation_id(n)]), *self._frame(conversation_id(n))) for n in numbers]
        tabs = [Receiver(self._join(server, [conversation_id(n)]), "tab") for n in numbers]
        operators = [Receiver(self._join(server, self._of_operator(n)), "operator", n) for n in range(OPERATORS)]
        return Wiring(senders, [*tabs, *operators], self.ack, self.entry, self.refuse)

    def open_idle(self, server: RunningServer, count: int) -> Sequence[OpenSocket]:
        """Return connections that joined separate conversations."""
        return [self._join(server, [conversation_id(number)]) for number in range(count)]

    def kept(self, folder: Path, run: str) -> frozenset[str]:
        """The ids of a run's messages in the peer's database."""
        return read_ids(folder / "peer.db", "entry", run)

    def _of_operator(self, operator: int) -> list[str]:
        return [conversation_id(number) for number in range(operator, self.conversations, OPERATORS)]

    def _frame(self, conversation: str) -> tuple[str, str]:
        return f'{{"op":"send","conversation":"{conversation}","id":"', f'","text":"{PADDING}"}}'

    def _join(self, server: RunningServer, conversations: list[str]) -> OpenSocket:
        opened = open_socket(server.port, self.path)
        opened.send_text(json.dumps({"op": "join", "conversations": conversations}))
        _expect(opened, '{"op":"joined"}')
        return opened


@dataclass(frozen=True)
class SocketIoStack(PeerStack):
    """Socket.IO over its WebSocket transport: Engine.IO 4 packets, then Socket.IO packets with an event each."""

    ack: str = '42["ack"'
    entry: str = '42["entry"'
    refuse: str = '42["refused"'
    path: str = "/socket.io/?EIO=4&transport=websocket"

    def _frame(self, conversation: str) -> tuple[str, str]:
        return f'42["send",{{"conversation":"{conversation}","id":"', f'","text":"{PADDING}"}}]'

    def _join(self, server: RunningServer, conversations: list[str]) -> OpenSocket:
        opened = open_socket(server.port, self.path)
        _expect(opened, "0{")
        opened.send_text("40")
        _expect(opened, "40{")
        opened.send_text("42" + json.dumps(["join", {"conversations": conversations}]))
        _expect(opened, '42["joined"]')
        return opened


def _expect(opened: OpenSocket, start: str) -> None:
    answer = "".join(opened.read_text().split())
    if not answer.startswith(start):
        raise HandshakeError(f"{start!r} was due, {answer!r} came")


FLOOR = PeerStack("floor (C, keeps nothing)", (str(BUILD / "floor_server"),))
NODE_WS_GROUP = PeerStack("Node ws + better-sqlite3, grouped commit", ("node", str(_PEERS / "node_ws_group.mjs")))
NODE_WS_SPREAD = replace(NODE_WS_GROUP, name="Node grouped, 2,000 conversations", conversations=SPREAD)
SOCKETIO_COMMIT = SocketIoStack(
    "Socket.IO + better-sqlite3, commit per message", ("node", str(_PEERS / "socketio_commit.mjs"))
)
FASTAPI_ORM = PeerStack(
    "FastAPI + SQLAlchemy ORM, commit per message",
    (str(BUILD / "python" / "bin" / "python"), str(_PEERS / "fastapi_orm.py")),
)
