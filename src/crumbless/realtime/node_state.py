"""The state of this node: whether it serves or is shutting down, and the state of its disk."""

from typing import Literal

DiskState = Literal["", "low", "full"]
"""`low`: there is less free space than the settings ask for. `full`: writing fails. Empty: no problem."""


class NodeState:
    """Set by app.py and read by the parts that accept requests. A stopping node reports this first and finishes its
    work."""

    __slots__ = ("closed", "disk", "ended_loops", "stopping")

    def __init__(self) -> None:
        self.stopping = False
        """/readyz reports this, so load balancers send no new requests. Those that arrive are still served."""
        self.closed = False
        """New streams are rejected, so that clients connect to another node."""
        self.disk: DiskState = ""
        """The state that admins see at the desk."""
        self.ended_loops: list[str] = []
        """Names of loops that ended while the node serves (core/periodic.py)."""
