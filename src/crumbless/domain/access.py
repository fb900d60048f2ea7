"""Who may do what: the one door to permissions.

Routes, stream commands and (later) the desk read the same table. Roles besides owner come with their own issue.
"""

from dataclasses import dataclass
from typing import Literal

from crumbless.errors import Refused

Role = Literal["visitor", "owner"]
Verb = Literal[
    "read_conversation",
    "send_message",
    "close_conversation",
    "show_typing",
    "mark_seen",
    "read_inbox",
    "erase_own",
    "export_own",
]

PERMISSIONS: dict[Role, frozenset[Verb]] = {
    "visitor": frozenset({"read_conversation", "send_message", "show_typing", "mark_seen", "erase_own", "export_own"}),
    "owner": frozenset(
        {"read_conversation", "send_message", "close_conversation", "show_typing", "mark_seen", "read_inbox"}
    ),
}


@dataclass(slots=True, eq=False, weakref_slot=True)
class Session:
    """Who acts: one signed-in operator or one visitor, on one device.

    `conversation` is the visitor's own; operators have none. `thumbprint` is None for a session without a key
    (`bound` false). `ended` is set the moment the session is revoked, so that whoever holds it sees it at once.
    """

    id: str
    role: Role
    workspace: int
    subject: str
    name: str
    thumbprint: str | None
    expires_at: int
    conversation: str = ""
    ended: bool = False

    @property
    def bound(self) -> bool:
        """Whether the session works only with its key."""
        return self.thumbprint is not None

    def alive(self, now: int) -> bool:
        """Whether the session may still act at `now` (milliseconds)."""
        return not self.ended and now < self.expires_at


def require(session: Session, verb: Verb) -> None:
    """Raises Refused `forbidden` unless the session's role allows the verb."""
    if verb not in PERMISSIONS[session.role]:
        raise Refused("forbidden")


def require_conversation(session: Session, conversation: str) -> None:
    """Raises Refused `unknown_conversation` when a visitor names a conversation that is not their own.

    Operators are held to their workspace where the conversation's workspace is known: in the ledger's transaction
    and in the reads, which all filter by workspace.
    """
    if session.role == "visitor" and conversation != session.conversation:
        raise Refused("unknown_conversation")
