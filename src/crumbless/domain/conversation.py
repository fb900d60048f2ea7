"""How a conversation's state follows from its timeline."""

from crumbless.domain.wire import AuthorKind, Event, Kind, Status


def status_after(status: Status, kind: Kind, author: AuthorKind, event: Event) -> Status:
    """The status once this entry is appended. web/shared/message_log.ts holds the same rule.

    waiting: the visitor wrote last; open: an operator did; closed: until somebody writes again.
    """
    if kind != "message":
        return "closed" if event in {"closed", "erased"} else status
    return "open" if author == "operator" else "waiting"
