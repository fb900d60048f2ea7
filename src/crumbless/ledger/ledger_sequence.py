"""Assigns the next seq and position to an entry, or finds those that it has, or rejects it. Same on all databases."""

from dataclasses import dataclass
from typing import Any

import msgspec

from crumbless.core.errors import ApiError
from crumbless.ledger.conversation_status import status_after, waiting_since_after
from crumbless.ledger.entry import Appended, NewEntry
from crumbless.protocol.timeline import VISIBLE_KINDS, Status
from crumbless.security.visibility import Scope

COLUMNS = (
    "workspace_id",
    "position",
    "conversation_no",
    "seq",
    "visitor_seq",
    "id",
    "at",
    "kind",
    "author_kind",
    "author_id",
    "author_name",
    "data",
)
"""The columns of the table `entry`, in the order in which `assign_sequence` adds their values."""

REPEAT_COLUMNS = (
    "e.workspace_id",
    "e.id",
    "c.id",
    "e.seq",
    "e.visitor_seq",
    "e.position",
    "e.at",
    "e.kind",
    "e.author_kind",
    "e.author_id",
    "e.author_name",
    "e.data",
    "c.site_id",
    "c.team_id",
)
"""The columns of an entry `e` and its conversation `c` in `BatchLookup.repeats`."""

CONVERSATION_COLUMNS = (
    "id",
    "no",
    "workspace_id",
    "last_seq",
    "last_visitor_seq",
    "status",
    "waiting_since",
    "operator_seen",
    "site_id",
    "team_id",
    "receipt_chain",
)
"""The columns of a conversation in `BatchLookup.conversations`, before whether it was erased."""

CHANGED_COLUMNS = ("last_seq", "last_visitor_seq", "position", "status", "waiting_since", "operator_seen")
"""The columns of the table `conversation` that entries change, in the order of `Conversation.changed`."""


@dataclass(slots=True, eq=False)
class Conversation:
    """A conversation to which the batch appends, updated with each entry."""

    number: int
    workspace: int
    last_seq: int
    last_visitor_seq: int
    status: Status
    waiting_since: int | None
    operator_seen: int
    site: int
    team: str | None
    # The receipt chain under which its events may be relayed.
    consent: str | None
    # SQLite has no booleans.
    erased: int
    position: int = 0

    @property
    def changed(self) -> tuple[int, int, int, Status, int | None, int]:
        """Return the values of CHANGED_COLUMNS."""
        return (
            self.last_seq,
            self.last_visitor_seq,
            self.position,
            self.status,
            self.waiting_since,
            self.operator_seen,
        )


class BatchLookup(msgspec.Struct):
    """The stored state that a batch needs, read as one JSON value."""

    conversations: list[tuple[str, int, int, int, int, Status, int | None, int, int, str | None, str | None, int]]
    workspaces: list[tuple[int, int]]
    repeats: list[tuple[int, str, str, int, int | None, int, int, Any, Any, str, str, str | None, int, str | None]]


decode_lookup = msgspec.json.Decoder(BatchLookup).decode


@dataclass(slots=True, eq=False)
class BatchState:
    """The state that a batch continues from, updated with each entry.

    Attributes:
        conversations: by ID.
        positions: the newest position of each workspace.
        known: stored entries, by workspace and ID.
    """

    conversations: dict[str, Conversation]
    positions: dict[int, int]
    known: dict[tuple[int, str], Appended]


def batch_state(found: BatchLookup) -> BatchState:
    """Return the state that was read."""
    return BatchState(
        {row[0]: Conversation(*row[1:]) for row in found.conversations},
        dict(found.workspaces),
        {(row[0], row[1]): entry_from_row(row) for row in found.repeats},
    )


def assign_sequence(
    entry: NewEntry, state: BatchState, values: list[object], scope: Scope | None
) -> Appended | ApiError:
    """Assign the next seq and position to the entry, or find that it has them, or reject it.

    Args:
        values: receives the values of COLUMNS.
        scope: of the operator who sends the entry. A conversation outside of it is rejected as unknown.
    """
    conversation, positions, known = state.conversations.get(entry.conversation), state.positions, state.known
    if (
        conversation is None
        or conversation.workspace != entry.workspace
        or (scope is not None and not scope.contains(conversation.site, conversation.team))
    ):
        return ApiError("unknown_conversation", entry_id=entry.id)
    name = (entry.workspace, entry.id)
    if conversation.erased:
        return ApiError("erased", entry_id=entry.id)
    if before := known.get(name):
        return _repeat(before, entry)
    seq = conversation.last_seq = conversation.last_seq + 1
    visitor_seq: int | None = None
    if entry.kind in VISIBLE_KINDS:
        visitor_seq = conversation.last_visitor_seq = conversation.last_visitor_seq + 1
    conversation.status = status_after(conversation.status, entry.kind)
    conversation.waiting_since = waiting_since_after(
        conversation.waiting_since, entry.kind, entry.author_kind, entry.at
    )
    if entry.author_kind == "operator" and entry.kind == "message":
        conversation.operator_seen = seq
    position = conversation.position = positions[entry.workspace] = positions[entry.workspace] + 1
    appended = known[name] = Appended(
        entry=entry,
        seq=seq,
        visitor_seq=visitor_seq,
        position=position,
        repeat=False,
        site=conversation.site,
        team=conversation.team,
    )
    values += (
        entry.workspace,
        position,
        conversation.number,
        seq,
        visitor_seq,
        entry.id,
        entry.at,
        entry.kind,
        entry.author_kind,
        entry.author_id,
        entry.author_name,
        entry.data,
    )
    return appended


def _repeat(before: Appended, entry: NewEntry) -> Appended | ApiError:
    if before.entry.data is None:
        # A client that did not receive the acknowledgement sends the message again. It stays erased everywhere. This
        # conversation was not erased, so here the message was deleted.
        code = "deleted" if before.entry.conversation == entry.conversation else "erased"
        return ApiError(code, entry_id=entry.id)
    if not _same(before.entry, entry):
        return ApiError("id_conflict", entry_id=entry.id)
    return Appended(
        before.entry, before.seq, before.visitor_seq, before.position, repeat=True, site=before.site, team=before.team
    )


def _same(before: NewEntry, entry: NewEntry) -> bool:
    """Return whether a resend is the same entry: same conversation, author and content. The time may differ."""
    return (
        before.conversation == entry.conversation
        and before.author_kind == entry.author_kind
        and before.author_id == entry.author_id
        and before.kind == entry.kind
        and before.data == entry.data
    )


def entry_from_row(row: tuple[Any, ...]) -> Appended:
    """Return the entry in a row of `BatchLookup.repeats`."""
    workspace, entry_id, conversation, seq, visitor_seq, position, at, *rest, site, team = row
    entry = NewEntry(workspace, conversation, entry_id, at, *rest)
    return Appended(entry, seq, visitor_seq, position, repeat=True, site=site, team=team)
