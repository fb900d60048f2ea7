"""Sends events to Google Analytics by GA4's Measurement Protocol.

Google always responds with 2xx. Only its debug endpoint reports errors of an event.
"""

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import msgspec

from crumbless.consent.relay_port import RelayAccount, RelayEvent, RelayFailed
from crumbless.consent.vendor_http import VendorHttp
from crumbless.core.ids import now_ms
from crumbless.core.time_units import MINUTE_MS

IDLE_MS = 30 * MINUTE_MS
"""Unused numbers are deleted after this time, which is the length of a GA4 session."""

MAX_NUMBERS = 50_000


class ClientNumbers:
    """Random numbers by which Google distinguishes chats. They exist in memory only."""

    def __init__(self) -> None:
        # By chain: (last use, random part, second of creation), the longest unused first.
        self._known: OrderedDict[str, tuple[int, int, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def number_of(self, chain: str, now: int) -> tuple[int, int]:
        """Return the random part and the second of its creation. Both are new after half an hour without use."""
        used, number, since = self._known.pop(chain, (0, 0, 0))
        if now - used > IDLE_MS:
            number, since = secrets.randbelow(2**31), now // 1000
        self._known[chain] = (now, number, since)
        self._forget_idle(now)
        if len(self._known) > MAX_NUMBERS:
            self._known.popitem(last=False)
        return number, since

    def _forget_idle(self, now: int) -> None:
        # Up to two are deleted for each new one, so that idle numbers disappear without a sweep.
        for _ in range(2):
            chain, (used, _number, _since) = next(iter(self._known.items()))
            if now - used <= IDLE_MS:
                return
            del self._known[chain]

    def forget(self, chain: str) -> None:
        """Delete the number, because the consent was withdrawn."""
        self._known.pop(chain, None)


class Ga4Relay:
    """The port for Google Analytics.

    Args:
        address: of the Measurement Protocol.
    """

    most = 25
    mixed = False

    def __init__(self, address: str) -> None:
        self._http = VendorHttp(address)
        self._numbers = ClientNumbers()

    async def send(self, account: RelayAccount, events: Sequence[RelayEvent]) -> None:
        """Send events of one consent. Raises RelayFailed."""
        await self._http.post("/mp/collect", self._body(events), self._query(account))

    async def check(self, account: RelayAccount, test_code: str) -> list[str]:
        """Return Google's validation of a sample event. Google neither checks the secret nor records the event."""
        sample = self._body([RelayEvent(0, "chat_start", now_ms(), "")])
        response = await self._http.post("/debug/mp/collect", sample, self._query(account))
        self.forget("")
        try:
            found: list[dict[str, Any]] = msgspec.json.decode(response)["validationMessages"]
            return [f"{one.get('validationCode', '')}: {one.get('description', '')}" for one in found]
        except (msgspec.DecodeError, UnicodeError, KeyError, TypeError, AttributeError):
            raise RelayFailed("the vendor's response is not a validation result") from None

    def forget(self, chain: str) -> None:
        """Delete the consent's number."""
        self._numbers.forget(chain)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    @staticmethod
    def _query(account: RelayAccount) -> dict[str, str]:
        return {"measurement_id": account.identifier, "api_secret": account.secret}

    def _body(self, events: Sequence[RelayEvent]) -> dict[str, Any]:
        number, since = self._numbers.number_of(events[0].chain, now_ms())
        return {
            "client_id": f"{number}.{since}",
            "non_personalized_ads": True,
            "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
            "events": [
                {
                    "name": event.name,
                    "timestamp_micros": event.at * 1000,
                    "params": {"session_id": str(since), "engagement_time_msec": 1},
                }
                for event in events
            ],
        }
