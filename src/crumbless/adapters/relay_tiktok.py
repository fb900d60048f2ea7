"""Tells TikTok by its Events API v1.3. `user` stays empty: there is nothing to match anybody by."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec

from crumbless.adapters.vendor_http import VendorHttp
from crumbless.domain.ports import EventName, RelayAccount, RelayEvent, RelayFailed
from crumbless.ids import now_ms

PATH = "/open_api/v1.3/event/track/"

NAMES: dict[EventName, str] = {
    "chat_start": "Contact",
    "chat_message_sent": "chat_message_sent",
    "chat_closed": "chat_closed",
}
"""TikTok's standard event where there is one, else a custom one."""


class _Answer(msgspec.Struct):
    code: int
    message: str = ""


class TiktokRelay:
    """The port for TikTok.

    Args:
        address: where the Events API is.
    """

    most = 50
    mixed = True

    def __init__(self, address: str) -> None:
        self._http = VendorHttp(address)
        # Creates the events' IDs. They are the same in each attempt, and the key exists in this process only.
        self._key = secrets.token_bytes(32)

    async def send(self, account: RelayAccount, events: Sequence[RelayEvent]) -> None:
        """Tell events. Raises RelayFailed."""
        if wrong := await self._post(account, events, {}):
            raise RelayFailed(wrong)

    async def check(self, account: RelayAccount, test_code: str) -> list[str]:
        """Return TikTok's response to a sample event. With a test code, the event only appears under "Test events"."""
        sample = RelayEvent(0, "chat_start", now_ms(), "")
        wrong = await self._post(account, [sample], {"test_event_code": test_code} if test_code else {})
        return [wrong] if wrong else []

    def forget(self, chain: str) -> None:
        """Nothing is held for a consent."""

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()

    async def _post(self, account: RelayAccount, events: Sequence[RelayEvent], more: dict[str, str]) -> str:
        body = {
            "event_source": "web",
            "event_source_id": account.identifier,
            **more,
            "data": [self._told(account, event) for event in events],
        }
        answer = await self._http.post(PATH, body, headers={"access-token": account.secret})
        try:
            said = msgspec.json.decode(answer, type=_Answer)
        except (msgspec.DecodeError, UnicodeError):
            return "its answer could not be read"
        # TikTok reports errors in a 200 response.
        return f"{said.code}: {said.message}" if said.code else ""

    def _told(self, account: RelayAccount, event: RelayEvent) -> dict[str, Any]:
        # With the time and the consent: SQLite gives the ID of a deleted row to the next one.
        name = f"{event.id} {event.at} {event.chain}".encode()
        return {
            "event": NAMES[event.name],
            "event_time": event.at // 1000,
            "event_id": hmac.new(self._key, name, hashlib.sha256).hexdigest()[:32],
            "user": {},
            "page": {"url": account.page},
        }
