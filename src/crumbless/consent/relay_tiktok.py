"""Sends events to TikTok by its Events API v1.3. `user` is always empty, so events cannot be matched to people."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec

from crumbless.consent.relay_port import EventName, RelayAccount, RelayEvent, RelayFailed
from crumbless.consent.vendor_http import VendorHttp
from crumbless.core.ids import now_ms

PATH = "/open_api/v1.3/event/track/"

NAMES: dict[EventName, str] = {
    "chat_start": "Contact",
    "chat_message_sent": "chat_message_sent",
    "chat_closed": "chat_closed",
}
"""TikTok's standard event if there is one, else a custom one."""


class _Response(msgspec.Struct):
    code: int
    message: str = ""


class TiktokRelay:
    """The port for TikTok.

    Args:
        address: of the Events API.
    """

    most = 50
    mixed = True

    def __init__(self, address: str) -> None:
        self._http = VendorHttp(address)
        # Creates the events' IDs. They are the same in each attempt, and the key exists in this process only.
        self._key = secrets.token_bytes(32)

    async def send(self, account: RelayAccount, events: Sequence[RelayEvent]) -> None:
        """Send events. Raises RelayFailed."""
        if problem := await self._post(account, events, {}):
            raise RelayFailed(problem)

    async def check(self, account: RelayAccount, test_code: str) -> list[str]:
        """Return TikTok's response to a sample event. With a test code, the event only appears under "Test events"."""
        sample = RelayEvent(0, "chat_start", now_ms(), "")
        problem = await self._post(account, [sample], {"test_event_code": test_code} if test_code else {})
        return [problem] if problem else []

    def forget(self, chain: str) -> None:
        """Do nothing: no data is stored for a consent."""

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _post(self, account: RelayAccount, events: Sequence[RelayEvent], more: dict[str, str]) -> str:
        body = {
            "event_source": "web",
            "event_source_id": account.identifier,
            **more,
            "data": [self._event(account, event) for event in events],
        }
        response = await self._http.post(PATH, body, headers={"access-token": account.secret})
        try:
            result = msgspec.json.decode(response, type=_Response)
        except (msgspec.DecodeError, UnicodeError):
            return "its response could not be read"
        # TikTok reports errors in a 200 response.
        return f"{result.code}: {result.message}" if result.code else ""

    def _event(self, account: RelayAccount, event: RelayEvent) -> dict[str, Any]:
        # With the time and the consent: SQLite gives the ID of a deleted row to the next one.
        name = f"{event.id} {event.at} {event.chain}".encode()
        return {
            "event": NAMES[event.name],
            "event_time": event.at // 1000,
            "event_id": hmac.new(self._key, name, hashlib.sha256).hexdigest()[:32],
            "user": {},
            "page": {"url": account.page},
        }
