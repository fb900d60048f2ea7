"""What this node is about: whether it serves or is shutting down."""

from typing import Literal

DiskState = Literal["", "low", "full"]
"""`low`: there is less free space than the settings ask for. `full`: nothing can be written. Empty: all is well."""


class NodeState:
    """Set by app.py, read by whoever takes in work: a node that stops says so first and finishes what it has."""

    __slots__ = ("closed", "disk", "ended_loops", "stopping")

    def __init__(self) -> None:
        self.stopping = False
        """Balancers are told to send nobody here; who comes is still served."""
        self.closed = False
        """Streams are sent elsewhere."""
        self.disk: DiskState = ""
        """What admins see at the desk."""
        self.ended_loops: list[str] = []
        """Loops that ended although the node serves (periodic.py)."""
