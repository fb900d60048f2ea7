"""The interface between a stream and its transport."""

from typing import Protocol

from crumbless.realtime.connections import EncodedFrame


class StreamTransport(Protocol):
    """The transport of a stream: a WebSocket or HTTP requests."""

    def write(self, frame: EncodedFrame) -> None:
        """Send a frame. Ends the stream with 4414 if the client does not read fast enough."""
        ...

    def end(self, code: int, reason: str) -> None:
        """Send the close code to the client and close the transport. Does nothing if it is closed already."""
        ...

    def backlog(self) -> int:
        """Return the number of bytes that wait to be sent."""
        ...

    def accepted(self, token: str) -> None:
        """Accept frames of full size: the stream is authenticated with this token."""
        ...
