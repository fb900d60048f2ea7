"""Entries by which operators organise conversations, such as an assignment. Visitors do not see them."""

from typing import Protocol

import msgspec

from crumbless.core.ids import now_ms
from crumbless.ledger.entry import NewEntry, entry_data
from crumbless.protocol.timeline import Kind
from crumbless.security.access import Session


class OperatorFrame(Protocol):
    """A frame that appends an entry."""

    @property
    def id(self) -> str: ...

    @property
    def conversation(self) -> str: ...


def operator_entry(actor: Session, frame: OperatorFrame, kind: Kind, data: msgspec.Struct) -> NewEntry:
    """Return an entry of the operator."""
    return NewEntry(
        workspace=actor.workspace,
        conversation=frame.conversation,
        id=frame.id,
        at=now_ms(),
        kind=kind,
        author_kind="operator",
        author_id=actor.subject,
        author_name=actor.name,
        data=entry_data(data),
    )
