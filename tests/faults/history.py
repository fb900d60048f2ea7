"""Compares the acknowledged and shown messages of clients with the server's entries. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Kept:
    """A message in the database."""

    workspace: int
    position: int
    conversation: str
    seq: int
    id: str
    text: str


@dataclass
class VisitorModel:
    """One visitor's view: acknowledged messages, waiting messages, and the shown list by seq."""

    name: str
    conversation: str = ""
    acknowledged: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    """Seq and text by entry ID."""
    waiting: dict[str, str] = field(default_factory=dict[str, str])
    """Texts by entry ID, in the order of typing."""
    shown: dict[int, str] = field(default_factory=dict[int, str])
    """Entry IDs by seq."""
    faults: list[str] = field(default_factory=list[str])
    """Errors that were detected immediately."""


@dataclass
class OperatorModel:
    """One operator's view: all entries of the workspace after the position at which the operator joined."""

    name: str
    workspace: int = 0
    since: int = 0
    acknowledged: dict[str, tuple[str, int, str]] = field(default_factory=dict[str, tuple[str, int, str]])
    """Conversation, seq and text by entry ID."""
    waiting: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Conversation and text by entry ID."""
    shown: dict[int, str] = field(default_factory=dict[int, str])
    """Entry IDs by position."""
    faults: list[str] = field(default_factory=list[str])


def show_to_visitor(model: VisitorModel, seq: int, entry_id: str) -> None:
    """Add a received entry. Note a fault unless it is the next one or an identical repetition."""
    known = model.shown.get(seq)
    if known is not None:
        if known != entry_id:
            model.faults.append(f"{model.name}: seq {seq} was {known} and is {entry_id}")
        return
    if entry_id in model.shown.values():
        model.faults.append(f"{model.name}: {entry_id} is shown twice")
    if seq != len(model.shown) + 1:
        model.faults.append(f"{model.name}: seq {seq} follows {len(model.shown)}")
    model.shown[seq] = entry_id


def show_to_operator(model: OperatorModel, position: int, entry_id: str) -> None:
    """Add a received entry as for visitors, by position."""
    known = model.shown.get(position)
    if known is not None:
        if known != entry_id:
            model.faults.append(f"{model.name}: position {position} was {known} and is {entry_id}")
        return
    if position != model.since + len(model.shown) + 1:
        model.faults.append(f"{model.name}: position {position} follows {model.since + len(model.shown)}")
    model.shown[position] = entry_id


def check(kept: Sequence[Kept], visitors: Sequence[VisitorModel], operators: Sequence[OperatorModel]) -> list[str]:
    """Return all lost, duplicated and misordered messages."""
    faults = [*_numbers(kept)]
    by_id: dict[str, list[Kept]] = {}
    for one in kept:
        by_id.setdefault(one.id, []).append(one)
    for model in visitors:
        faults += model.faults
        own = {one.seq: one.id for one in kept if one.conversation == model.conversation}
        faults += _acknowledged(model.name, {i: (model.conversation, *a) for i, a in model.acknowledged.items()}, by_id)
        faults += _waiting(model.name, model.waiting)
        if model.shown != own:
            faults.append(f"{model.name} is shown {len(model.shown)} entries, the server has {len(own)}")
    for model in operators:
        faults += model.faults
        own = {one.position: one.id for one in kept if one.workspace == model.workspace and one.position > model.since}
        faults += _acknowledged(model.name, model.acknowledged, by_id)
        faults += _waiting(model.name, model.waiting)
        if model.shown != own:
            faults.append(f"{model.name} is shown {len(model.shown)} entries, the server has {len(own)}")
    return faults


def _acknowledged(
    name: str, acknowledged: Mapping[str, tuple[str, int, str]], by_id: Mapping[str, Sequence[Kept]]
) -> list[str]:
    faults: list[str] = []
    for entry_id, (conversation, seq, text) in acknowledged.items():
        found = by_id.get(entry_id, ())
        if len(found) != 1:
            faults.append(f"{name}: acknowledged {entry_id} is there {len(found)} times")
        elif (found[0].conversation, found[0].seq, found[0].text) != (conversation, seq, text):
            faults.append(f"{name}: acknowledged {entry_id} is another one in the database")
    return faults


def _waiting(name: str, waiting: Mapping[str, object]) -> list[str]:
    """Return the messages that still wait although all faults have ended."""
    return [f"{name}: {entry_id} still waits after everything has healed" for entry_id in waiting]


def _numbers(kept: Sequence[Kept]) -> list[str]:
    faults: list[str] = []
    positions: dict[int, list[int]] = {}
    seqs: dict[str, list[int]] = {}
    for one in sorted(kept, key=lambda one: (one.workspace, one.position)):
        positions.setdefault(one.workspace, []).append(one.position)
        seqs.setdefault(one.conversation, []).append(one.seq)
    for workspace, found in positions.items():
        if found != [*range(1, len(found) + 1)]:
            faults.append(f"the positions of workspace {workspace} have gaps or repeats")
    for conversation, found in seqs.items():
        # In position order, so that seqs are in order too.
        if found != [*range(1, len(found) + 1)]:
            faults.append(f"the seqs of conversation {conversation} are not 1, 2, 3 … by position")
    return faults
