"""Opens WebSockets by hand (RFC 6455), so that their descriptors can be given to the load generator afterwards.

A client library would keep a task, a buffer and a parser per connection; the generator needs none of them.
"""

import base64
import os
import socket
import struct
from dataclasses import dataclass, field

TIMEOUT = 30.0
"""Seconds to wait for any answer while a connection is set up."""

_TEXT = 0x81
_MASKED = 0x80


class HandshakeError(Exception):
    """The server violated its protocol during the handshake."""


@dataclass
class OpenSocket:
    """A connection after its upgrade. `hand_over` gives its descriptor away, once nothing is left in our buffer."""

    raw: socket.socket
    received: bytearray = field(default_factory=bytearray)

    def send_text(self, text: str) -> None:
        """Sends one masked text frame; `text` is under 64 KiB."""
        payload = text.encode()
        if len(payload) < 126:
            head = struct.pack("!BB", _TEXT, _MASKED | len(payload))
        else:
            head = struct.pack("!BBH", _TEXT, _MASKED | 126, len(payload))
        self.raw.sendall(head + bytes(4) + payload)

    def read_text(self) -> str:
        """Returns the next text frame. Raises HandshakeError on any other frame or when the server hangs up."""
        self._fill(2)
        opcode, size = self.received[0], self.received[1]
        header = 2
        if size == 126:
            header = 4
            self._fill(header)
            (size,) = struct.unpack("!H", self.received[2:4])
        self._fill(header + size)
        payload = bytes(self.received[header : header + size])
        del self.received[: header + size]
        if opcode != _TEXT:
            raise HandshakeError(f"frame {opcode:#x} instead of text: {payload!r}")
        return payload.decode()

    def hand_over(self) -> int:
        """Returns the descriptor. Raises HandshakeError when bytes of it were read and not used."""
        if self.received:
            raise HandshakeError(f"left in the buffer: {bytes(self.received[:200])!r}")
        return self.raw.fileno()

    def close(self) -> None:
        """Closes the connection without a closing handshake."""
        self.raw.close()

    def _fill(self, size: int) -> None:
        while len(self.received) < size:
            self._read_more()

    def _read_more(self) -> None:
        data = self.raw.recv(65536)
        if not data:
            raise HandshakeError("the server hung up")
        self.received += data

    def read_answer(self) -> str:
        """Returns the head of the HTTP answer, up to and without its empty line."""
        while (stop := self.received.find(b"\r\n\r\n")) < 0:
            self._read_more()
        head = self.received[:stop].decode("latin-1")
        del self.received[: stop + 4]
        return head


def open_socket(port: int, path: str, headers: dict[str, str] | None = None) -> OpenSocket:
    """Connects to 127.0.0.1 and upgrades. Raises HandshakeError when the answer is not 101."""
    raw = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    opened = OpenSocket(raw)
    raw.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    answer = opened.read_answer()
    if not answer.startswith("HTTP/1.1 101"):
        raise HandshakeError(answer)
    return opened
