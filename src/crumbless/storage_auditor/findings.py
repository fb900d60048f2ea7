"""Compares what was seen with what is declared. No browser, no clock: what goes in decides what comes out."""

from collections.abc import Iterable, Iterator

from crumbless.core.time_units import DAY_SECONDS, HOUR_SECONDS
from crumbless.storage_auditor.audit_report import Asked, Finding, Kind, Phase, PhaseName, StorageItem
from crumbless.storage_auditor.declared_items import Declaration, Declared

SLACK_SECONDS = 60.0
"""Between writing a value and reading the clock."""

_ACTS: dict[str, tuple[str, str]] = {
    "open": ("the visitor opens the chat", "open"),
    "type": ("the visitor types", "type"),
    "send": ("the visitor sends a message", "send"),
    "choose": ("the visitor answers the consent banner", "choose"),
    "grant": ("the visitor has consented", "grant"),
    "end": ("the chat has ended", "end"),
    "erase": ("the visitor has erased the conversations", "end"),
    "fold": ("the chat is closed", "fold"),
    "withdraw": ("the consent is withdrawn", "withdraw"),
}
"""The registry's actions: their text, and the auditor's action that performs each."""

_ADVICE: dict[Kind, str] = {
    "UNDECLARED": "Declare it in the registry, or stop writing it.",
    "WRONG PHASE": "Write it only after the declared action, or declare the action that writes it.",
    "TOO LONG": "Shorten it to the declared lifetime, or declare its true lifetime.",
    "NOT CLEARED": "Delete it at this moment, in every frame and mechanism.",
    "THIRD PARTY BEFORE CONSENT": "Load it only after the visitor has accepted, or serve it from your own host. "
    "If the host is yours, name it with --first-party.",
}

_Found = tuple[Kind, str, str, str, str]
"""Kind, mechanism, key, where, detail."""


def find_breaches(phases: Iterable[Phase], declaration: Declaration) -> list[Finding]:
    """Everything in these phases that the declaration does not allow, each once, with the phases it was seen in."""
    found: dict[tuple[str, ...], tuple[_Found, list[PhaseName]]] = {}
    for phase in phases:
        for one in _in_phase(phase, declaration):
            _, names = found.setdefault(one[:4], (one, []))
            if phase.name not in names:
                names.append(phase.name)
    return [
        Finding(kind=kind, mechanism=mechanism, key=key, where=where, phases=names, detail=detail, advice=_ADVICE[kind])
        for (kind, mechanism, key, where, detail), names in found.values()
    ]


def _in_phase(phase: Phase, declaration: Declaration) -> Iterator[_Found]:
    held_databases = {_database_of(one) for one in phase.seen if declaration.find(one)}
    for entry in phase.seen:
        declared = declaration.find(entry)
        if declared:
            yield from _of_declared(entry, declared)
        elif not (_is_empty_database(entry) and _database_of(entry) in held_databases):
            yield _found("UNDECLARED", entry, _undeclared(entry, declaration))
    for entry in phase.leftover:
        declared = declaration.find(entry)
        # Leftover items that are not declared are reported above.
        if declared and (act := _clearing_act(declared, phase)):
            yield _found("NOT CLEARED", entry, f"It still exists after {_ACTS[act][0]}.")
    for asked in phase.requests:
        if asked.third_party and "grant" not in asked.acts:
            yield _third_party(asked)


def _of_declared(entry: StorageItem, declared: Declared) -> Iterator[_Found]:
    if declared.written and not _was_done(declared.written, entry):
        words = _ACTS.get(declared.written, (f'"{declared.written}"', ""))[0]
        yield _found("WRONG PHASE", entry, f"It may be written only after {words}; {_acts_told(entry)}.")
    if declared.lifetime is not None and entry.lasts is not None and entry.lasts > declared.lifetime + SLACK_SECONDS:
        yield _found(
            "TOO LONG",
            entry,
            f"It lasts {_duration(entry.lasts)}; the declared lifetime is {_duration(declared.lifetime)}.",
        )


def _was_done(written: str, entry: StorageItem) -> bool:
    return written in entry.acts


def _clearing_act(declared: Declared, phase: Phase) -> str:
    """Return the action of this phase that should have cleared the item, or an empty text."""
    done = (name for name in declared.cleared if name in _ACTS and _ACTS[name][1] in phase.acts)
    return next(done, "")


def _third_party(asked: Asked) -> _Found:
    told = "after consent was withdrawn" if "withdraw" in asked.acts else "without consent"
    by = f", requested by {asked.initiator}" if asked.initiator else ""
    return "THIRD PARTY BEFORE CONSENT", asked.kind, asked.host, asked.host, f"Request to {asked.url} {told}{by}."


def _undeclared(entry: StorageItem, declaration: Declaration) -> str:
    told = {"kept": "is stored", "written": "was written", "header": "was set by a response"}[entry.how]
    told = f"It {told}{' (the browser blocked it)' if entry.blocked else ''}; {_acts_told(entry)}."
    by = f" Written by {entry.source}." if entry.source else ""
    return told + by + ("" if declaration.items else " No registry was found.")


def _acts_told(entry: StorageItem) -> str:
    done = [act for act in entry.acts if act not in {"type", "choose"}] or list(entry.acts)
    words = {
        "end": "ended the chat",
        "fold": "closed the chat",
        "withdraw": "withdrawn the consent",
        "grant": "accepted",
    } | {
        "open": "opened the chat",
        "send": "sent a message",
        "type": "typed",
        "choose": "answered the banner",
    }
    return f"the visitor had {_listed([words[act] for act in done])}" if done else "the visitor had done nothing"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _found(kind: Kind, entry: StorageItem, detail: str) -> _Found:
    where = f"{entry.where} in {entry.partition}" if entry.partition else entry.where
    return kind, entry.mechanism, entry.key, where, detail


def _database_of(entry: StorageItem) -> tuple[str, ...]:
    return entry.mechanism, entry.where, entry.partition, (entry.container or entry.key).split("/")[0]


def _is_empty_database(entry: StorageItem) -> bool:
    """A database without a record: what is left of one whose records were removed."""
    return entry.mechanism == "IndexedDB" and not entry.container


def _duration(seconds: float) -> str:
    for unit, size in (("days", DAY_SECONDS), ("hours", HOUR_SECONDS), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
