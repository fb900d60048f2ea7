"""Stores emails in memory instead of sending them, for the demo."""

from collections import deque
from dataclasses import dataclass

from crumbless.core.ids import now_ms
from crumbless.mail.mail_port import Mail

MAX_ITEMS = 50


@dataclass(frozen=True, slots=True)
class StoredMail:
    """An email, and the time at which it would have been sent (milliseconds)."""

    at: int
    mail: Mail


class MemoryMail:
    """The port for emails that stores them for the demo's mailbox page."""

    def __init__(self) -> None:
        self._stored: deque[StoredMail] = deque(maxlen=MAX_ITEMS)

    async def send(self, mail: Mail) -> None:
        """Store the email, and drop the oldest if there are too many."""
        self._stored.append(StoredMail(now_ms(), mail))

    def newest_first(self) -> list[StoredMail]:
        """Return the stored emails, newest first."""
        return [*reversed(self._stored)]
