"""The consent question of a site follows from its tags and the registry."""

from crumbless.consent.consent_ask import SERVICES, ask_services, say
from crumbless.device_storage.registry_read import read_registry, read_storage_texts
from crumbless.device_storage.storage_registry import OPTIONAL_CATEGORIES, Service

REGISTRY = read_registry()
TEXTS = read_storage_texts()
BOTH: frozenset[Service] = frozenset({"ga4", "tiktok"})
NONE: frozenset[Service] = frozenset()


def test_question_lists_each_service_with_all_its_items() -> None:
    asked = {one.name: one for one in ask_services(REGISTRY, BOTH, BOTH, "en", TEXTS["en"])}
    assert {name: one.category for name, one in asked.items()} == {"ga4": "analytics", "tiktok": "marketing"}
    for name, one in asked.items():
        declared = {(item.mechanism, item.key) for item in REGISTRY.item if item.service == name}
        assert {(row[0], row[1]) for row in one.rows} == declared != set()
        assert {row[2] for row in one.rows} == {
            TEXTS["en"].lifetime_text("en", item.lifetime) for item in REGISTRY.item if item.service == name
        }


def test_service_that_the_server_reports_to_has_no_item_in_the_browser() -> None:
    ga4, tiktok = ask_services(REGISTRY, BOTH, frozenset({"tiktok"}), "en", TEXTS["en"])
    assert ga4.rows == []
    assert tiktok.rows != []


def test_unused_service_is_not_in_the_question() -> None:
    assert ask_services(REGISTRY, NONE, NONE, "en", TEXTS["en"]) == []
    assert [one.name for one in ask_services(REGISTRY, frozenset({"ga4"}), BOTH, "en", TEXTS["en"])] == ["ga4"]


def test_rows_are_in_the_language() -> None:
    purposes = {
        language: [row[3] for one in ask_services(REGISTRY, BOTH, BOTH, language, TEXTS[language]) for row in one.rows]
        for language in ("en", "de")
    }
    assert purposes["de"] != purposes["en"]
    german = [row[2] for one in ask_services(REGISTRY, BOTH, BOTH, "de", TEXTS["de"]) for row in one.rows]
    assert all("Tage" in lifetime or "Stunden" in lifetime for lifetime in german)


def test_digest_depends_on_texts_and_rows() -> None:
    asked = ask_services(REGISTRY, BOTH, BOTH, "en", TEXTS["en"])
    question = say({"title": "A"}, "en", "ltr", asked)
    assert question.text == say({"title": "A"}, "en", "ltr", asked).text
    assert question.text != say({"title": "B"}, "en", "ltr", asked).text
    assert question.text != say({"title": "A"}, "en", "ltr", asked[:1]).text


def test_every_service_of_the_registry_has_a_name_and_one_optional_category() -> None:
    services = {item.service for item in REGISTRY.item if item.service}
    assert services == set(SERVICES)
    for service in services:
        assert {item.category for item in REGISTRY.item if item.service == service} <= set(OPTIONAL_CATEGORIES)
