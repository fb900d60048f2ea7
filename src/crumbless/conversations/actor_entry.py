"""The entry of a frame that a visitor or an operator has sent, such as an edit or an assignment."""

from typing import Protocol

import msgspec

from crumbless.core.ids import now_ms
from crumbless.ledger.entry import NewEntry, entry_data
from crumbless.protocol.timeline import Kind
from crumbless.security.access import Session


class EntryFrame(Protocol):
    """A frame that appends an entry."""

    @property
    def id(self) -> str: ...

    @property
    def conversation(self) -> str: ...


def actor_entry(actor: Session, frame: EntryFrame, kind: Kind, data: msgspec.Struct) -> NewEntry:
    """Return an entry of the actor's side."""
    return NewEntry(
        workspace=actor.workspace,
        conversation=frame.conversation,
        id=frame.id,
        at=now_ms(),
        kind=kind,
        author_kind="visitor" if actor.role == "visitor" else "operator",
        author_id=actor.subject,
        author_name=actor.name,
        data=entry_data(data),
    )
