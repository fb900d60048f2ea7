"""What a site's visitors are asked for follows from its tags and the registry."""

from crumbless.api.registry_read import read_registry
from crumbless.domain.consent_ask import SERVICES, ask_services, say
from crumbless.domain.storage_registry import OPTIONAL_CATEGORIES, Service

REGISTRY = read_registry()
LIFETIMES = {item.lifetime: f"for {item.lifetime}" for item in REGISTRY.item}
BOTH: frozenset[Service] = frozenset({"ga4", "tiktok"})
NONE: frozenset[Service] = frozenset()


def test_each_service_is_asked_for_with_all_that_it_keeps() -> None:
    asked = {one.name: one for one in ask_services(REGISTRY, BOTH, BOTH, "en", LIFETIMES)}
    assert {name: one.category for name, one in asked.items()} == {"ga4": "analytics", "tiktok": "marketing"}
    for name, one in asked.items():
        declared = {(item.mechanism, item.key) for item in REGISTRY.item if item.service == name}
        assert {(row[0], row[1]) for row in one.rows} == declared != set()
        assert {row[2] for row in one.rows} == {
            LIFETIMES[item.lifetime] for item in REGISTRY.item if item.service == name
        }


def test_a_service_that_the_server_tells_keeps_nothing_in_the_browser() -> None:
    ga4, tiktok = ask_services(REGISTRY, BOTH, frozenset({"tiktok"}), "en", LIFETIMES)
    assert ga4.rows == []
    assert tiktok.rows != []


def test_nothing_is_asked_for_what_is_not_used() -> None:
    assert ask_services(REGISTRY, NONE, NONE, "en", LIFETIMES) == []
    assert [one.name for one in ask_services(REGISTRY, frozenset({"ga4"}), BOTH, "en", LIFETIMES)] == ["ga4"]


def test_rows_speak_the_language_or_english() -> None:
    purposes = {
        language: [row[3] for one in ask_services(REGISTRY, BOTH, BOTH, language, LIFETIMES) for row in one.rows]
        for language in ("en", "de", "xx")
    }
    assert purposes["de"] != purposes["en"] == purposes["xx"]


def test_the_digest_names_the_words_and_the_rows() -> None:
    asked = ask_services(REGISTRY, BOTH, BOTH, "en", LIFETIMES)
    said = say({"title": "A"}, "en", asked)
    assert said.text == say({"title": "A"}, "en", asked).text
    assert said.text != say({"title": "B"}, "en", asked).text
    assert said.text != say({"title": "A"}, "en", asked[:1]).text


def test_every_service_of_the_registry_has_a_name_and_one_optional_category() -> None:
    services = {item.service for item in REGISTRY.item if item.service}
    assert services == set(SERVICES)
    for service in services:
        assert {item.category for item in REGISTRY.item if item.service == service} <= set(OPTIONAL_CATEGORIES)
