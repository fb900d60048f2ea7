"""Keeps mails in memory instead of sending them, for the demo."""

from collections import deque
from dataclasses import dataclass

from crumbless.domain.ports import Mail
from crumbless.ids import now_ms

MOST = 50


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail and when it would have been sent (milliseconds)."""

    at: int
    mail: Mail


class MailBox:
    """The port for mails, into a box that somebody can look into."""

    def __init__(self) -> None:
        self._kept: deque[KeptMail] = deque(maxlen=MOST)

    async def send(self, mail: Mail) -> None:
        """Put the mail into the box; the oldest of many falls out."""
        self._kept.append(KeptMail(now_ms(), mail))

    def newest_first(self) -> list[KeptMail]:
        """What is in the box."""
        return [*reversed(self._kept)]
