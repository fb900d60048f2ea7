"""How a conversation's state follows from its timeline. web/shared/conversation_status.ts has the same rules."""

from crumbless.domain.wire_timeline import AuthorKind, Kind, Status


def status_after(status: Status, kind: Kind) -> Status:
    """Return the status once an entry of this kind is appended: a message opens, `closed` and `erased` close."""
    if kind == "message":
        return "open"
    return "closed" if kind in {"closed", "erased"} else status


def status_for_visitor(status: Status) -> Status:
    """Return the status as the visitor receives it, who does not learn that the team has put a conversation off."""
    return "closed" if status == "closed" else "open"


def waiting_since_after(since: int | None, kind: Kind, author: AuthorKind, at: int) -> int | None:
    """Return since when the visitor waits for a reply once this entry is appended; None: nobody waits.

    The wait begins with the visitor's first message that has no reply, and ends with a message of anyone else or when
    the conversation is closed.
    """
    if kind == "message":
        if author != "visitor":
            return None
        return at if since is None else since
    return None if kind in {"closed", "erased"} else since
