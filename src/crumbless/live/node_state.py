"""What this node is about: whether it serves or is on its way out."""


class NodeState:
    """Set by app.py, read by whoever takes in work: a node that stops says so first and finishes what it has."""

    __slots__ = ("closed", "stopping")

    def __init__(self) -> None:
        self.stopping = False
        """Balancers are told to send nobody here; who comes is still served."""
        self.closed = False
        """Streams are sent elsewhere."""
