"""A storage.toml and a storage.json declare the same. Other files are refused."""

import json
from pathlib import Path

import pytest

from crumbless.device_storage.registry_read import read_registry, read_storage_texts
from crumbless.device_storage.storage_disclosure import disclosure
from crumbless.storage_auditor.audit_report import StorageItem
from crumbless.storage_auditor.declared_items import Declaration, DeclarationError, parse_disclosure, read_declaration

ROOT = Path(__file__).parents[3]


def row(identifier: str, kind: str = "cookie", **more: object) -> dict[str, object]:
    return {"identifier": identifier, "type": kind, "maxAgeSeconds": 60, "domains": ["*"], "purposes": []} | more


def declaration(*rows: dict[str, object]) -> Declaration:
    return parse_disclosure(json.dumps({"disclosures": rows}), "a test")


def cookie(key: str, where: str = "shop.example") -> StorageItem:
    return StorageItem(mechanism="cookie", key=key, where=where)


def test_our_registry_is_the_same_in_both_forms() -> None:
    by_file = read_declaration(ROOT / "storage.toml")
    served = json.dumps(
        disclosure(read_registry(), read_storage_texts(), "chat.example:8000", frozenset({"ga4", "tiktok"}))
    )
    by_page = parse_disclosure(served, "a test")
    assert by_page.hosts == ("chat.example",)
    assert len(by_file.items) == len(by_page.items) > 20
    for one, other in zip(by_file.items, by_page.items, strict=True):
        assert (one.key, one.mechanisms, one.written, one.lifetime, one.cleared) == (
            other.key,
            other.mechanisms,
            other.written,
            other.lifetime,
            other.cleared,
        )


def test_wildcard_matches_at_least_one_character() -> None:
    items = declaration(row("_ga_*"))
    assert items.find(cookie("_ga_1"))
    assert not items.find(cookie("_ga_"))
    assert not items.find(cookie("x_ga_1"))


def test_exact_key_has_precedence_over_a_wildcard() -> None:
    found = declaration(row("_ga*"), row("_gab", maxAgeSeconds=5)).find(cookie("_gab"))
    assert found
    assert found.lifetime == 5


@pytest.mark.parametrize(
    ("domain", "where", "fits"),
    [
        ("shop.example", "shop.example", True),
        ("*.shop.example", "www.shop.example", True),
        ("shop.example", "myshop.example", False),
        ("*", "anywhere.example", True),
    ],
)
def test_cookie_is_declared_for_its_hosts(domain: str, where: str, fits: bool) -> None:
    assert bool(declaration(row("a", domains=[domain])).find(cookie("a", where))) is fits


def test_purpose_1_requires_consent() -> None:
    (one,) = declaration(row("a", purposes=[1, 8])).items
    assert (one.written, one.cleared) == ("grant", ("withdraw",))


def test_database_may_be_declared_by_its_name() -> None:
    record = StorageItem(mechanism="IndexedDB", key="7", container="cart/lines", where="https://shop.example")
    items = declaration(row("cart", "web"))
    assert items.find(record)
    assert not declaration(row("lines", "web")).find(record)


@pytest.mark.parametrize(
    "text", ["{", "{}", '{"disclosures": 1}', '{"disclosures": [1]}', '{"disclosures": [{}]}', "[" * 100_000]
)
def test_invalid_disclosure_is_rejected(text: str) -> None:
    with pytest.raises(DeclarationError, match="a test is not a device storage disclosure"):
        parse_disclosure(text, "a test")


def test_invalid_file_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "storage.toml"
    path.write_text("item = 1", encoding="utf-8")
    with pytest.raises(DeclarationError, match="line 1"):
        read_declaration(path)
    with pytest.raises(DeclarationError, match="cannot read"):
        read_declaration(tmp_path / "none.toml")
