"""Which conversations may be relayed: nothing until said, less after every change."""

import pytest

from crumbless.domain.ports import Grant
from crumbless.live import grants as grants_module
from crumbless.live.grants import Grants

BOTH = frozenset({"ga4", "tiktok"})
ANALYTICS = frozenset({"ga4"})


def ignore(chain: str, services: frozenset[str]) -> None:
    """Nobody listens."""


def services_of(held: Grants, conversation: str) -> frozenset[str]:
    grant = held.find(conversation)
    return grant.services if grant else frozenset()


def test_a_grant_holds_until_it_is_taken_back() -> None:
    held = Grants(ignore)
    assert not held
    held.hold("c", Grant(1, 2, "chain", BOTH))
    assert held
    assert held.find("c") == Grant(1, 2, "chain", BOTH)
    assert held.find("d") is None
    held.hold("c", None)
    assert not held


def test_a_grant_for_nothing_is_none() -> None:
    held = Grants(ignore)
    held.hold("c", Grant(1, 2, "chain", frozenset()))
    assert not held


def test_a_change_of_consent_narrows_all_chats_under_it() -> None:
    told: list[tuple[str, frozenset[str]]] = []
    held = Grants(lambda chain, services: told.append((chain, services)))
    for name, chain in (("c", "one"), ("d", "one"), ("e", "two")):
        held.hold(name, Grant(1, 2, chain, BOTH))
    held.narrow("one", ANALYTICS)
    assert [services_of(held, name) for name in "cde"] == [ANALYTICS, ANALYTICS, BOTH]
    held.narrow("one", frozenset())
    assert [held.find(name) is None for name in "cde"] == [True, True, False]
    assert told == [("one", ANALYTICS), ("one", frozenset())]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grants_module, "MOST", 2)
    held = Grants(ignore)
    for name in "cde":
        held.hold(name, Grant(1, 2, "chain", BOTH))
    assert [held.find(name) is None for name in "cde"] == [True, False, False]
