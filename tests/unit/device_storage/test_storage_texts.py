"""The texts about the registry are complete and used, and /storage.json has them in one language or in all."""

import msgspec
import pytest

from crumbless.device_storage.registry_read import read_registry, read_storage_texts
from crumbless.device_storage.storage_disclosure import disclosure
from crumbless.device_storage.storage_texts import StorageTexts, text_faults

REGISTRY = read_registry()
TEXTS = read_storage_texts()


def faults_of(group: str, texts: dict[str, object]) -> list[str]:
    """Return the faults of the German texts with one group changed."""
    german = msgspec.structs.replace(TEXTS["de"], **{group: texts})
    return list(text_faults(REGISTRY, {"de": german}))


def without(group: dict[str, object], name: str) -> dict[str, object]:
    assert name in group
    return {key: text for key, text in group.items() if key != name}


def test_texts_of_the_project_are_complete() -> None:
    assert len(TEXTS) == 12
    assert list(text_faults(REGISTRY, TEXTS)) == []


def test_missing_text_is_a_fault() -> None:
    german = msgspec.structs.asdict(TEXTS["de"])
    missing = [
        fault
        for group, name in {"item": "theme", "written": "sign-in", "revision": "1", "lifetime": "days"}.items()
        for fault in faults_of(group, without(german[group], name))
    ]
    assert missing == [
        "de/storage.json: item.theme is missing",
        "de/storage.json: written.sign-in is missing",
        "de/storage.json: revision.1 is missing",
        "de/storage.json: lifetime.days is missing",
    ]


def test_unused_text_is_a_fault() -> None:
    item = {**TEXTS["de"].item, "gone": TEXTS["de"].item["theme"]}
    assert faults_of("item", dict(item)) == ["de/storage.json: item.gone is not used"]


@pytest.mark.parametrize(("group", "name"), [("category", "mood"), ("cleared", "never")])
def test_name_that_is_not_in_the_registry_is_refused(group: str, name: str) -> None:
    plain = msgspec.to_builtins(TEXTS["en"])
    assert msgspec.convert(plain, StorageTexts) == TEXTS["en"]
    plain[group][name] = "Text"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(plain, StorageTexts)


def test_disclosure_has_the_texts_of_one_language_or_of_all() -> None:
    one = disclosure(REGISTRY, TEXTS, "chat.example", frozenset({"ga4"}), "de")
    every = disclosure(REGISTRY, TEXTS, "chat.example", frozenset({"ga4"}))
    rows = {row["x-crumbless"]["name"]: row for row in one["disclosures"]}
    theme = rows["theme"]
    assert theme["x-crumbless"]["fallback"] == "sessionStorage"
    assert rows["draft"]["x-crumbless"]["fallback"] is None
    assert rows["draft"]["identifier"] == "crumbless.draft.*"
    assert theme["x-crumbless"]["purpose"] == TEXTS["de"].item["theme"].purpose
    assert theme["description"] == TEXTS["en"].item["theme"].purpose
    assert one["x-crumbless"]["category"]["session"] == TEXTS["de"].category["session"]
    [in_all] = [row for row in every["disclosures"] if row["x-crumbless"]["name"] == "theme"]
    assert in_all["x-crumbless"]["contains"] == {one: texts.item["theme"].contains for one, texts in TEXTS.items()}
    assert set(every["x-crumbless"]["written"]["type"]) == set(TEXTS)
    cookies = [row["maxAgeSeconds"] for row in one["disclosures"] if row["type"] == "cookie"]
    assert cookies
    assert all(cookies)
    own = disclosure(REGISTRY, TEXTS, "chat.example", frozenset())["disclosures"]
    assert len(own) == len(one["disclosures"]) - len([one for one in REGISTRY.item if one.service == "ga4"])
