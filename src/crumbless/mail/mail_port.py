"""The interface to a mail transport."""

from dataclasses import dataclass
from typing import Protocol

from crumbless.tasks.task import TaskFailed


class MailFailed(TaskFailed):
    """An email could not be sent. The message contains the reason, and no address or secret."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One email to one recipient, as text and as HTML. `to_name` and `subject` are one line each."""

    to: str
    to_name: str
    subject: str
    text: str
    html: str


class MailPort(Protocol):
    """Sends emails (mail/mail_smtp.py, mail/mail_memory.py)."""

    async def send(self, mail: Mail) -> None:
        """Raises MailFailed."""
        ...
