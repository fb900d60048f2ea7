"""Sends a queued email. It is rendered when it is sent, and its content is deleted from the database."""

from crumbless.mail.mail_compose import compose_mail
from crumbless.mail.mail_port import MailPort
from crumbless.mail.mail_queue import read_mail_request
from crumbless.security.encryption import SecretBox
from crumbless.tasks.task import Task


class MailSend:
    """Runs the tasks of the kind `mail`.

    Args:
        address: the server's public address, for links.
        sender: the name of the company that runs the chat.
    """

    def __init__(self, mails: MailPort, secret_box: SecretBox, address: str, sender: str) -> None:
        self._mails = mails
        self._secret_box = secret_box
        self._address = address
        self._sender = sender

    async def __call__(self, task: Task) -> None:
        """Send the task's email. Raises MailFailed, TaskFailed."""
        await self._mails.send(compose_mail(read_mail_request(self._secret_box, task), self._address, self._sender))
