"""Counts a page's requests to the server's API and their bytes, from Chromium's network log."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page


def _head_bytes(headers: dict[str, Any]) -> int:
    """A head as HTTP/1.1 writes it: each field with a colon, a space and an end of line."""
    return sum(len(name) + len(str(value)) + 4 for name, value in headers.items())


@dataclass
class NetworkCount:
    """Requests to /v1/ of one page since `begin`, with the bytes of both directions, stream frames included."""

    page: Page
    requests: list[str] = field(default_factory=list[str])
    bytes: int = 0
    _ours: set[str] = field(default_factory=set[str])

    def begin(self) -> "NetworkCount":
        """Count from now on."""
        log = self.page.context.new_cdp_session(self.page)
        for name, hear in {
            "requestWillBeSent": self._asked,
            "loadingFinished": self._finished,
            "webSocketCreated": self._opened,
            "webSocketWillSendHandshakeRequest": self._shook,
            "webSocketHandshakeResponseReceived": self._shook,
            "webSocketFrameSent": self._framed,
            "webSocketFrameReceived": self._framed,
        }.items():
            log.on(f"Network.{name}", hear)
        log.send("Network.enable")  # pyright: ignore[reportUnknownMemberType]
        return self

    def reset(self) -> None:
        """Forget what was counted."""
        self.requests.clear()
        self.bytes = 0

    def _note(self, method: str, address: str, told: dict[str, Any]) -> None:
        path = urlsplit(address).path
        if path.startswith("/v1/"):
            self._ours.add(told["requestId"])
            self.requests.append(f"{method} {path}")

    def _asked(self, told: dict[str, Any]) -> None:
        request = told["request"]
        self._note(request["method"], request["url"], told)
        if told["requestId"] in self._ours:
            self.bytes += len(request["url"]) + _head_bytes(request["headers"]) + len(request.get("postData", ""))

    def _finished(self, told: dict[str, Any]) -> None:
        # Head and body as they travelled.
        if told["requestId"] in self._ours:
            self.bytes += int(told["encodedDataLength"])

    def _opened(self, told: dict[str, Any]) -> None:
        self._note("SOCKET", told["url"], told)

    def _shook(self, told: dict[str, Any]) -> None:
        self.bytes += _head_bytes((told.get("request") or told["response"])["headers"])

    def _framed(self, told: dict[str, Any]) -> None:
        # Two bytes of head and, towards the server, four of mask; both are within this.
        self.bytes += len(told["response"]["payloadData"].encode()) + 8
