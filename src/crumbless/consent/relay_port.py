"""The interface to the relays of vendor events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from crumbless.tasks.task import TaskFailed

EventName = Literal["chat_start", "chat_message_sent", "chat_closed"]


@dataclass(frozen=True, slots=True)
class RelayEvent:
    """An event in a chat, without personal data. `id` is its ID in the queue; `chain` is the consent's."""

    id: int
    name: EventName
    at: int
    chain: str


class RelayFailed(TaskFailed):
    """A vendor rejected a request. The message contains the reason, and no secret."""


@dataclass(frozen=True, slots=True)
class RelayAccount:
    """A site's account at a vendor: the public identifier, the secret, and the origin of the site's pages."""

    identifier: str
    secret: str
    page: str


class RelayPort(Protocol):
    """A vendor that receives events (consent/relay_ga4.py, consent/relay_tiktok.py).

    `most`: maximum of events in one request. `mixed`: whether a request may contain events of several consents.
    """

    most: int
    mixed: bool

    async def send(self, account: RelayAccount, events: Sequence[RelayEvent]) -> None:
        """Raises RelayFailed."""
        ...

    async def check(self, account: RelayAccount, test_code: str) -> list[str]:
        """Return the vendor's errors for a sample event; empty if there are none. Raises RelayFailed."""
        ...

    def forget(self, chain: str) -> None:
        """Delete the data in memory that belongs to this consent."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
