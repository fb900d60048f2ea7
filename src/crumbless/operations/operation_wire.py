"""The wire types for administrators of a server: its readiness, and the connection check. See frames.py."""

import msgspec


class ReadyPart(msgspec.Struct, frozen=True):
    """One part that a node needs. `state`: a description without addresses or secrets."""

    part: str
    ok: bool
    state: str


class ReadyResponse(msgspec.Struct, frozen=True):
    """Whether the node is ready: only if every part is."""

    ready: bool
    parts: list[ReadyPart]


class ConnectionCheckResponse(msgspec.Struct, frozen=True):
    """The server's view of a request. `address`: the public address of the settings. `at`: the server's time. `draw`: a
    different value in every response. `bytes`: of the body. `forwarded`: a proxy named the client's address; `trusted`:
    the proxy is trusted."""

    address: str
    at: int
    draw: str
    bytes: int
    forwarded: bool
    trusted: bool
