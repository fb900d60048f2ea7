"""A registry that is malformed or contradicts itself is refused, with the line of the fault."""

import re
from pathlib import Path

import pytest

from crumbless.device_storage.storage_registry import Registry, RegistryError, digest_of, faults, parse_registry

OURS = """
[[item]]
name = "theme"
key = "crumbless.theme.{site}"
mechanism = "localStorage"
fallback = "sessionStorage"
surfaces = ["frame"]
category = "preferences"
basis = "choice"
written = "prefer"
lifetime = "180d"
cleared = ["reset"]
"""

DRAFT = """
[[item]]
name = "draft"
key = "crumbless.draft"
mechanism = "sessionStorage"
surfaces = ["desk"]
category = "session"
basis = "requested"
written = "type"
lifetime = "24h"
cleared = ["sent", "sign-out", "tab"]
"""

TAG = """
[[item]]
name = "ga"
key = "_ga"
mechanism = "cookie"
surfaces = ["tag"]
service = "ga4"
category = "analytics"
basis = "consent"
written = "grant"
lifetime = "400d"
cleared = ["withdraw"]
"""

UNSEALED = "0" * 16


def source_of(*items: str, digest: str | None = None) -> str:
    """Return a storage.toml with these items. Its digest is right unless one is given."""
    head = f'[[revision]]\nnumber = 1\ndate = 2026-11-24\ndigest = "{UNSEALED}"\n'
    source = head + "".join(items)
    return source.replace(UNSEALED, digest) if digest else seal(source)


def seal(source: str) -> str:
    """Return the same with the digest of its items, if it has no other fault."""
    try:
        parse_registry(source)
    except RegistryError as error:
        found = re.search(r"whose digest is (\w+)", str(error))
        return source.replace(UNSEALED, found[1]) if found else source
    raise AssertionError("no registry has this digest")


def planted(source: str, old: str, new: str) -> tuple[str, int]:
    """Return the source with one fault, and the line of the fault."""
    assert source.count(old) == 1, f"{old!r} is {source.count(old)} times in the source"
    at = source.index(old)
    return source.replace(old, new), source[:at].count("\n") + 1


def block_around(source: str, line: int) -> range:
    """Return the lines of the item or revision that a line belongs to."""
    begins = [number for number, one in enumerate(source.splitlines(), 1) if re.match(r"\[\[", one)]
    begin = max([1, *(number for number in begins if number <= line)])
    return range(begin, min([source.count("\n") + 1, *(number for number in begins if number > begin)]))


FIELDS_TOLD = {
    "theme: a cache must have no `fallback`": "fallback",
    'draft: items of the desk are cleared on "sign-out"': "cleared",
    "draft: only vendors' items can have a `domain`": "domain",
    "draft: only our items of localStorage and IndexedDB have a `fallback`": "fallback",
}
"""The field where a fault is reported, if it is not the field that the test changes."""

SOUND = source_of(OURS, DRAFT, TAG)


def fault_of(source: str) -> tuple[int, str]:
    """Return line and message of the refusal. It must not be about the digest, which a planted fault changes too."""
    with pytest.raises(RegistryError) as refused:
        parse_registry(source)
    found = re.match(r"storage\.toml, line (\d+): (.*)", str(refused.value))
    assert found, refused.value
    return int(found[1]), found[2]


def test_valid_registry_is_read() -> None:
    registry = parse_registry(SOUND)
    assert [one.name for one in registry.item] == ["theme", "draft", "ga"]
    assert list(faults(registry)) == []


def test_registry_of_the_project_is_valid() -> None:
    source = (Path(__file__).parents[3] / "storage.toml").read_text(encoding="utf-8")
    assert len(parse_registry(source).item) > 20


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('lifetime = "180d"', 'lifetime = "401d"', "theme: the lifetime must be at most 400 days"),
        (
            'mechanism = "sessionStorage"',
            'mechanism = "cookie"',
            "draft: only vendors' items can be cookies",
        ),
        ('surfaces = ["frame"]', 'surfaces = ["tag"]', 'theme: the surface "tag" and a `service` belong together'),
        ('surfaces = ["tag"]', 'surfaces = ["tag", "desk"]', 'ga: the surface "tag" must be the only one'),
        (
            'surfaces = ["desk"]\n',
            'surfaces = ["desk"]\ndomain = "x.example"\n',
            "draft: only vendors' items can have a `domain`",
        ),
        (
            'key = "crumbless.draft"',
            'key = "draft"',
            'draft: keys of our items, and only these, begin with "crumbless."',
        ),
        ('key = "_ga"', 'key = "crumbless.ga"', 'ga: keys of our items, and only these, begin with "crumbless."'),
        ('key = "crumbless.draft"', 'key = "crumbless.draft.{site"', "draft: its key has a stray brace"),
        ('basis = "requested"', 'basis = "consent"', "draft: analytics and marketing, and only these, have the basis"),
        ('basis = "consent"', 'basis = "choice"', "ga: analytics and marketing, and only these, have the basis"),
        (
            'written = "type"',
            'written = "grant"',
            'draft: items that need consent, and only these, are written after the "grant"',
        ),
        ('written = "grant"', 'written = "send"', "ga: items that need consent, and only these, are written after"),
        (
            'cleared = ["sent", "sign-out", "tab"]',
            'cleared = ["sent", "sign-out"]',
            'draft: sessionStorage, and only it, is cleared with the "tab"',
        ),
        (
            'cleared = ["reset"]',
            'cleared = ["reset", "tab"]',
            'theme: sessionStorage, and only it, is cleared with the "tab"',
        ),
        ('cleared = ["withdraw"]', 'cleared = ["replace"]', 'ga: items that need consent are cleared on "withdraw"'),
        (
            'cleared = ["sent", "sign-out", "tab"]',
            'cleared = ["sent", "tab"]',
            'draft: items of the desk are cleared on "sign-out"',
        ),
        ('cleared = ["reset"]', "cleared = []", "theme: `cleared` must not be empty"),
        (
            'mechanism = "sessionStorage"\n',
            'mechanism = "sessionStorage"\nfallback = "sessionStorage"\n',
            "draft: only our items of localStorage and IndexedDB have a `fallback`",
        ),
        ('category = "preferences"', 'category = "performance"', "theme: a cache must have no `fallback`"),
        ('name = "draft"', 'name = "theme"', "theme: its name is taken by the crumbless.theme.{site} before it"),
        ('key = "crumbless.draft"', 'key = "crumbless.theme.x"', "draft: its key is taken by theme"),
        ('key = "crumbless.draft"', 'key = "crumbless.{any}.shop"', "draft: its key is taken by theme"),
        ("number = 1", "number = 2", "revisions are numbered from 1 without gaps"),
    ],
)
def test_contradiction_is_refused_with_its_line(old: str, new: str, message: str) -> None:
    source, line = planted(SOUND, old, new)
    told_line, reason = fault_of(source)
    assert message in reason
    field = FIELDS_TOLD.get(message, old.partition(" =")[0])
    assert source.splitlines()[told_line - 1].startswith(field)
    assert told_line in block_around(source, line if new else line - 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('mechanism = "sessionStorage"', 'mechanism = "a drawer"', "Invalid enum value 'a drawer'"),
        ('surfaces = ["desk"]', 'surfaces = ["moon"]', "Invalid enum value 'moon'"),
        ('surfaces = ["desk"]', "surfaces = []", "length >= 1"),
        ('lifetime = "24h"', 'lifetime = "for ever"', "matching regex"),
        ('lifetime = "24h"', "lifetime = 24", "Expected `str`, got `int`"),
        ('lifetime = "24h"\n', "", "missing required field `lifetime`"),
        ('name = "draft"\n', 'name = "draft"\ncolour = "red"\n', "unknown field `colour`"),
        ('name = "draft"\n', 'name = "draft"\npurpose = "red"\n', "unknown field `purpose`"),
        ('key = "crumbless.draft"', 'key = "crumbless draft"', "matching regex"),
        ("number = 1", "number = 0", ">= 1"),
    ],
)
def test_malformed_registry_is_refused_with_its_line(old: str, new: str, message: str) -> None:
    source, line = planted(SOUND, old, new)
    told_line, reason = fault_of(source)
    assert message in reason
    assert told_line in block_around(source, line if new else line - 1)


def test_changed_items_need_another_digest() -> None:
    source, _ = planted(SOUND, 'lifetime = "24h"', 'lifetime = "23h"')
    line, reason = fault_of(source)
    assert "the items have changed: add a [[revision]] on top whose digest is" in reason
    assert source.splitlines()[line - 1].startswith("digest = ")


def test_invalid_toml_is_refused_with_its_line() -> None:
    with pytest.raises(RegistryError, match=r"not TOML: .*line 2"):
        parse_registry("item = []\nrevision = }\n")


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("crumbless.a", "crumbless.a", True),
        ("crumbless.a", "crumbless.ab", False),
        ("crumbless.{x}", "crumbless.a", True),
        ("crumbless.a.{x}", "crumbless.a", False),
        ("crumbless.a.{x}", "crumbless.a.", False),
        ("crumbless.a.{x}", "crumbless.b.{x}", False),
        ("crumbless.{x}.b", "crumbless.a.{y}", True),
        ("crumbless.{x}.b", "crumbless.{y}.c", False),
        ("crumbless.desk.{x}", "crumbless.desk.draft.{y}", True),
    ],
)
def test_two_patterns_that_match_one_key_are_refused(one: str, other: str, overlap: bool) -> None:
    draft = DRAFT.replace("crumbless.draft", other)
    source = source_of(OURS.replace("crumbless.theme.{site}", one), draft)
    for text in (source, source_of(draft, OURS.replace("crumbless.theme.{site}", one))):
        if overlap:
            assert "its key is taken by" in fault_of(text)[1]
        else:
            assert len(parse_registry(text).item) == 2


def test_vendor_tags_conflict_only_in_the_same_store() -> None:
    second = TAG.replace('"ga"', '"gaText"').replace('"cookie"', '"localStorage"')
    assert len(parse_registry(source_of(TAG, second)).item) == 2
    other_domain = TAG.replace('"ga"', '"gaThere"').replace('service = "ga4"', 'service = "ga4"\ndomain = "x.example"')
    assert len(parse_registry(source_of(TAG, other_domain)).item) == 2
    again = TAG.replace('"ga"', '"gaAgain"').replace('"ga4"', '"tiktok"')
    assert "its key is taken by ga" in fault_of(source_of(TAG, again))[1]


def test_digest_depends_on_every_field() -> None:
    registry = parse_registry(SOUND)
    changed, _ = planted(SOUND, 'lifetime = "24h"', 'lifetime = "23h"')
    assert digest_of(registry) not in fault_of(changed)[1]


def keys_found(registry: Registry, mechanism: str, *keys: str) -> list[str | None]:
    found = [registry.find(mechanism, key) for key in keys]
    return [one.name if one else None for one in found]


def test_key_is_found_in_its_stores() -> None:
    registry = parse_registry(SOUND)
    assert keys_found(registry, "localStorage", "crumbless.theme.shop", "crumbless.theme.") == ["theme", None]
    assert keys_found(registry, "sessionStorage", "crumbless.theme.shop", "crumbless.draft") == ["theme", "draft"]
    assert keys_found(registry, "localStorage", "crumbless.draft", "x") == [None, None]
    assert keys_found(registry, "cookie", "_ga", "_ga_x", "crumbless.draft") == ["ga", None, None]
