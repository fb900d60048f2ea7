"""Where an entry goes: the next seq and position, or those that it has, or a refusal. The same on every database."""

from typing import Any

import msgspec

from crumbless.domain.conversation import status_after
from crumbless.domain.entry import NewEntry
from crumbless.domain.ports import Appended
from crumbless.domain.wire import Status
from crumbless.errors import Refused

COLUMNS = 12
"""Values of one row of the table `entry`, in the order in which `place` gives them."""


class Conversation:
    """A conversation that entries of the batch go to, as it becomes by them."""

    __slots__ = ("consent", "erased", "last_seq", "no", "operator_seen", "position", "site", "status", "workspace")

    def __init__(
        self,
        no: int,
        workspace: int,
        last_seq: int,
        status: Status,
        operator_seen: int,
        erased: int,
        site: int,
        consent: str | None,
    ) -> None:
        self.no = no
        self.workspace = workspace
        self.last_seq = last_seq
        self.status: Status = status
        self.operator_seen = operator_seen
        self.erased = bool(erased)
        self.site = site
        # The chain of receipts under which its events may be relayed.
        self.consent = consent
        self.position = 0


class Found(msgspec.Struct):
    """What the database knows of a batch, as one JSON value."""

    conversations: list[tuple[str, int, int, int, Status, int, int, int, str | None]]
    workspaces: list[tuple[int, int]]
    repeats: list[tuple[int, str, str, int, int, int, Any, Any, str, str, str, Any]]


decode_found = msgspec.json.Decoder(Found).decode


def place(
    entry: NewEntry,
    conversations: dict[str, Conversation],
    positions: dict[int, int],
    known: dict[tuple[int, str], Appended],
    values: list[object],
) -> Appended | Refused:
    """Give the entry the next seq and position, or find that it has them, or refuse it."""
    conversation = conversations.get(entry.conversation)
    if conversation is None or conversation.workspace != entry.workspace:
        return Refused("unknown_conversation", entry_id=entry.id)
    name = (entry.workspace, entry.id)
    if conversation.erased:
        return Refused("erased", entry_id=entry.id)
    if before := known.get(name):
        return _repeat(before, entry)
    seq = conversation.last_seq = conversation.last_seq + 1
    conversation.status = status_after(conversation.status, entry.kind, entry.author_kind, entry.event)
    if entry.author_kind == "operator" and entry.kind == "message":
        conversation.operator_seen = seq
    position = conversation.position = positions[entry.workspace] = positions[entry.workspace] + 1
    appended = known[name] = Appended(entry, seq, position, repeat=False)
    values += (
        entry.workspace,
        position,
        conversation.no,
        seq,
        entry.id,
        entry.at,
        entry.kind,
        entry.author_kind,
        entry.author_id,
        entry.author_name,
        entry.text,
        entry.event,
    )
    return appended


def _repeat(before: Appended, entry: NewEntry) -> Appended | Refused:
    if before.entry.kind == "erased":
        # An outbox that was not told sends it again: it stays erased, in whatever conversation it is to stand now.
        return Refused("erased", entry_id=entry.id)
    if not _same(before.entry, entry):
        return Refused("id_conflict", entry_id=entry.id)
    return Appended(before.entry, before.seq, before.position, repeat=True)


def _same(before: NewEntry, entry: NewEntry) -> bool:
    """Whether a resend is the same entry: same place, same author, same words. The clock may have moved on."""
    return (
        before.conversation == entry.conversation
        and before.author_kind == entry.author_kind
        and before.author_id == entry.author_id
        and before.kind == entry.kind
        and before.event == entry.event
        and before.text == entry.text
    )


def kept(row: tuple[Any, ...]) -> Appended:
    workspace, entry_id, conversation, seq, position, at, *rest = row
    return Appended(NewEntry(workspace, conversation, entry_id, at, *rest), seq, position, repeat=True)
