"""Observed items against declared items: each rule, and its boundary."""

import pytest

from crumbless.core.time_units import DAY_SECONDS
from crumbless.storage_auditor.audit_report import Act, Asked, Finding, Phase, StorageItem
from crumbless.storage_auditor.declared_items import Declaration, Declared
from crumbless.storage_auditor.findings import find_breaches

ALL: tuple[Act, ...] = ("open", "type", "send", "choose", "grant")


def item(key: str, mechanism: str = "localStorage", **more: object) -> Declared:
    fields: dict[str, object] = {"key": key, "pattern": key, "mechanisms": frozenset({mechanism})}
    return Declared(**(fields | more))  # pyright: ignore[reportArgumentType]


def entry(key: str = "a", mechanism: str = "localStorage", **more: object) -> StorageItem:
    fields: dict[str, object] = {"key": key, "mechanism": mechanism, "where": "https://shop.example"}
    return StorageItem(**(fields | more))  # pyright: ignore[reportArgumentType]


def found(phase: Phase, *items: Declared) -> list[Finding]:
    return find_breaches([phase], Declaration(items=items))


def kinds(phase: Phase, *items: Declared) -> list[str]:
    return [one.kind for one in found(phase, *items)]


def seen(*entries: StorageItem) -> Phase:
    return Phase(name="load", title="", seen=list(entries))


def test_declared_item_after_its_action_is_no_finding() -> None:
    assert kinds(seen(entry(acts=("open", "send"))), item("a", written="send", lifetime=DAY_SECONDS)) == []


def test_undeclared_item_is_found_once_with_its_phases() -> None:
    phases = [Phase(name=name, title="", seen=[entry(), entry()]) for name in ("load", "idle")]
    (one,) = find_breaches(phases, Declaration())
    assert (one.kind, one.key, one.phases) == ("UNDECLARED", "a", ["load", "idle"])
    assert "No registry was found" in one.detail


def test_declaration_applies_to_its_mechanism_only() -> None:
    assert kinds(seen(entry(mechanism="cookie")), item("a")) == ["UNDECLARED"]


@pytest.mark.parametrize("written", ["open", "type", "send", "choose", "grant"])
def test_write_before_its_action_is_a_finding(written: Act) -> None:
    others: tuple[Act, ...] = tuple(act for act in ALL if act != written)
    assert kinds(seen(entry(acts=others)), item("a", written=written)) == ["WRONG PHASE"]
    assert kinds(seen(entry(acts=ALL)), item("a", written=written)) == []


def test_item_that_only_another_role_writes_is_never_in_its_phase() -> None:
    assert kinds(seen(entry(acts=ALL)), item("a", written="sign-in")) == ["WRONG PHASE"]


@pytest.mark.parametrize(
    ("lasts", "expected"), [(DAY_SECONDS, []), (DAY_SECONDS + 59, []), (DAY_SECONDS + 61, ["TOO LONG"]), (None, [])]
)
def test_lifetime_over_the_declared_one_is_a_finding(lasts: float | None, expected: list[str]) -> None:
    assert kinds(seen(entry(lasts=lasts)), item("a", lifetime=DAY_SECONDS)) == expected


def test_without_a_declared_lifetime_no_lifetime_is_a_finding() -> None:
    assert kinds(seen(entry(lasts=9_000 * DAY_SECONDS)), item("a")) == []


@pytest.mark.parametrize(
    ("cleared", "acts", "expected"),
    [
        (("end",), ["open", "send", "end"], ["NOT CLEARED"]),
        (("erase",), ["open", "send", "end"], ["NOT CLEARED"]),
        (("fold",), ["open", "send", "end", "fold"], ["NOT CLEARED"]),
        (("withdraw",), ["choose", "withdraw"], ["NOT CLEARED"]),
        (("withdraw",), ["choose", "grant"], []),
        (("tab", "sent"), ["open", "send", "end"], []),
        ((), ["choose", "withdraw"], []),
    ],
)
def test_item_that_survives_its_clearing_action_is_a_finding(
    cleared: tuple[str, ...], acts: list[Act], expected: list[str]
) -> None:
    phase = Phase(name="end", title="", acts=acts, leftover=[entry()])
    assert kinds(phase, item("a", cleared=cleared)) == expected


@pytest.mark.parametrize(
    ("acts", "third_party", "expected"),
    [
        ((), True, ["THIRD PARTY BEFORE CONSENT"]),
        (("choose",), True, ["THIRD PARTY BEFORE CONSENT"]),
        (("choose", "withdraw"), True, ["THIRD PARTY BEFORE CONSENT"]),
        (("choose", "grant"), True, []),
        ((), False, []),
    ],
)
def test_third_party_before_consent_is_a_finding(acts: tuple[Act, ...], third_party: bool, expected: list[str]) -> None:
    asked = Asked(url="https://t.example/x", host="t.example", kind="image", acts=acts, third_party=third_party)
    assert kinds(Phase(name="load", title="", requests=[asked])) == expected


def test_empty_database_of_a_declared_record_is_no_finding() -> None:
    record = entry("chat.key", "IndexedDB", container="chat/items")
    empty = entry("chat", "IndexedDB")
    assert kinds(seen(empty), item("chat.key", "IndexedDB")) == ["UNDECLARED"]
    assert kinds(seen(record, empty), item("chat.key", "IndexedDB")) == []


def test_same_key_in_two_partitions_is_two_findings() -> None:
    assert len(found(seen(entry(partition="a.example"), entry(partition="b.example")))) == 2


@pytest.mark.parametrize(
    ("acts", "words"),
    [
        ((), "had done nothing"),
        (("open",), "had opened the chat"),
        (("open", "type", "send"), "had opened the chat and sent a message"),
        (("choose", "withdraw"), "had withdrawn the consent"),
        (("choose",), "had answered the banner"),
    ],
)
def test_finding_contains_the_actions_of_the_visitor(acts: tuple[Act, ...], words: str) -> None:
    assert words in found(seen(entry(acts=acts)))[0].detail
