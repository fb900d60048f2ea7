"""Sends a queued mail: writes it now, hands it over, and leaves nothing of it in the database."""

from crumbless.actions.mail_compose import compose_mail
from crumbless.actions.mail_write import read_mail_request
from crumbless.domain.ports import MailPort
from crumbless.domain.seal import SecretBox
from crumbless.domain.task import Task


class MailSend:
    """Does the tasks of the kind "mail".

    Args:
        address: the server's public address, where links lead.
        sender: who runs the chat, in words.
    """

    def __init__(self, mails: MailPort, secret_box: SecretBox, address: str, sender: str) -> None:
        self._mails = mails
        self._secret_box = secret_box
        self._address = address
        self._sender = sender

    async def __call__(self, task: Task) -> None:
        """Send the task's mail. Raises MailFailed, TaskFailed."""
        await self._mails.send(compose_mail(read_mail_request(self._secret_box, task), self._address, self._sender))
