"""What crosses the wire about work that was given up, and about files. See wire.py for the conventions."""

from typing import Literal

import msgspec

from crumbless.domain.mail_order import MailKind

DeadTaskKind = Literal["mail", "file_removal"]


class DeadTask(msgspec.Struct, frozen=True):
    """Work for later that was tried and given up.

    `mail` is the kind of an email and `to` the address that it was for; both are empty for other work. `error` says in
    English what happened last. Times are milliseconds.
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
    """What was given up, the newest first; `more` when there is more than is listed."""

    tasks: list[DeadTask]
    more: bool


class PhotoResponse(msgspec.Struct, frozen=True):
    """The path of a photo that was taken; empty once it is removed."""

    photo: str
