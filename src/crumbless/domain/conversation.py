"""How a conversation's state follows from its timeline."""

from crumbless.domain.wire import AuthorKind, Event, Kind, Status


def status_after(status: Status, kind: Kind, author: AuthorKind, event: Event) -> Status:
    """The status once this entry is appended. web/shared/message_log.ts holds the same rule.

    waiting: nobody has answered the visitor yet; open: an operator has; closed: until somebody writes again.
    """
    if kind == "event":
        return "closed" if event == "closed" else status
    if author == "operator":
        return "open"
    return "waiting" if status == "closed" else status
