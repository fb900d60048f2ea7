"""What crosses the wire for those who run a server: its readiness, and the check of a connection. See wire.py."""

import msgspec


class ReadyPart(msgspec.Struct, frozen=True):
    """One part that a node needs. `state`: how it is, in words, without addresses or secrets."""

    part: str
    ok: bool
    state: str


class ReadyResponse(msgspec.Struct, frozen=True):
    """Whether the node can do work: only when every part can."""

    ready: bool
    parts: list[ReadyPart]


class ConnectionCheckResponse(msgspec.Struct, frozen=True):
    """How a request arrived. `address`: the public address of the settings. `at`: the server's time. `draw`: another
    in every answer. `bytes`: of the body. `forwarded`: a proxy named the client's address; `trusted`: it is trusted.
    """

    address: str
    at: int
    draw: str
    bytes: int
    forwarded: bool
    trusted: bool
