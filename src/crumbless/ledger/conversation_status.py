"""The rules by which entries change a conversation's state. web/desk/state/inbox_model.ts has the same rules."""

from collections.abc import Mapping

from crumbless.protocol.timeline import AuthorKind, Kind, Status


def status_after(status: Status, kind: Kind) -> Status:
    """Return the status after an entry of this kind: a message opens, `closed` and `erased` close."""
    return _STATUS.get(kind, status)


_STATUS: Mapping[Kind, Status] = {
    "message": "open",
    "snoozed": "snoozed",
    "woken": "open",
    "closed": "closed",
    "erased": "closed",
}


def status_for_visitor(status: Status) -> Status:
    """Return the status that the visitor sees. It does not show that the team has snoozed the conversation."""
    return "closed" if status == "closed" else "open"


def waiting_since_after(since: int | None, kind: Kind, author: AuthorKind, at: int) -> int | None:
    """Return since when the visitor waits for a reply after this entry; None: no reply is needed.

    The wait begins with the visitor's first message without a reply. It ends with a message of another author, or when
    the conversation is closed.
    """
    if kind == "message":
        if author != "visitor":
            return None
        return at if since is None else since
    return None if kind in {"closed", "erased"} else since
