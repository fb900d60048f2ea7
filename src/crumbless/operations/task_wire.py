"""The wire types of failed jobs. See frames.py for the conventions."""

from typing import Literal

import msgspec

from crumbless.mail.mail_message import MailKind

DeadTaskKind = Literal["mail", "file_removal", "author_names"]


class DeadTask(msgspec.Struct, frozen=True):
    """A failed job.

    `mail` is the kind of an email and `to` its address; both are empty for other jobs. `error` describes the last
    failure in English. Times are milliseconds.
    """

    id: int
    kind: DeadTaskKind
    mail: MailKind | Literal[""]
    to: str
    error: str
    attempts: int
    created_at: int
    dead_at: int


class DeadTasks(msgspec.Struct, frozen=True):
    """The failed jobs, newest first; `more`: there are more than the listed ones."""

    tasks: list[DeadTask]
    more: bool
