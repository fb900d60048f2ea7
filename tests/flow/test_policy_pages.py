"""The policy page and storage.json over HTTP: languages, caching, unknown sites, machine-readable format."""

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection

from crumbless.consent.tag_store import VendorTag, drop_vendor_tag, set_vendor_tag
from crumbless.core.texts import languages_of
from crumbless.database.database import write_once
from crumbless.device_storage.registry_read import read_registry
from crumbless.sites.site_store import find_site
from support.people import TEA, World
from support.server import ServerProcess

PAGE = f"/policy/{TEA.key}"


async def get(world: World, path: str, **headers: str) -> httpx.Response:
    """Request a page as a browser does, without the default headers of httpx."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await world.http.get(world.server.address + path, headers={"accept-encoding": "identity"} | named)


def language_of(answer: httpx.Response) -> str:
    found = re.search(r'<html lang="(\w+)" dir="\w+">', answer.text)
    assert found, answer.text[:200]
    assert answer.headers["content-language"] == found[1]
    return found[1]


def use_tags(server: ServerProcess, *tags: VendorTag) -> None:
    """Make the tea shop use these tags and no others."""

    def write(connection: Connection) -> None:
        site = find_site(connection, TEA.key)
        assert site is not None
        drop_vendor_tag(connection, site, "ga4")
        drop_vendor_tag(connection, site, "tiktok")
        for tag in tags:
            set_vendor_tag(connection, site, tag)

    write_once(server.database_url, write)


@pytest.fixture
def tagged(server: ServerProcess) -> Iterator[None]:
    """Start a server whose tea shop uses GA4 in browsers and TikTok from the server."""
    use_tags(
        server,
        VendorTag("ga4", "browser", "G-PUBLIC", "hush-google"),
        VendorTag("tiktok", "relay", "C-PUBLIC", "hush-tiktok"),
    )
    yield
    use_tags(server)


@pytest.mark.parametrize("path", ["/policy", PAGE])
async def test_page_is_served_for_site_and_installation(world: World, path: str) -> None:
    answer = await get(world, path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert set(answer.headers["vary"].split(", ")) == {"accept-encoding", "accept-language"}
    assert language_of(answer) == "en"
    assert (TEA.key in answer.text) == (path == PAGE)
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    script = re.findall(r'<script type="module" src="([^"]+)"></script>', answer.text)
    assert len(script) == 1
    allowed = policy.partition("script-src ")[2].partition(";")[0].split()
    assert f"{world.server.address}{script[0]}" in allowed
    own = re.compile(re.escape(world.server.address) + r"/assets/policy(\.\w+)?-[\w-]+\.js")
    assert [one for one in allowed if not own.fullmatch(one)] == []
    assert "style=" not in answer.text


async def test_unchanged_page_is_not_sent_again(world: World, tagged: None) -> None:
    first = await get(world, PAGE)
    again = await get(world, PAGE, if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    other = await get(world, f"{PAGE}?lang=de", if_none_match=first.headers["etag"])
    assert other.status_code == 200
    packed = await world.http.get(world.server.address + PAGE, headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == first.text
    assert len(gzip.compress(first.content)) < 20_000


async def test_changed_tag_changes_the_page(world: World, server: ServerProcess) -> None:
    before = await get(world, PAGE)
    use_tags(server, VendorTag("ga4", "browser", "G-PUBLIC", "s"))
    after = await get(world, PAGE, if_none_match=before.headers["etag"])
    use_tags(server)
    assert after.status_code == 200
    assert 'id="tag-ga"' in after.text
    assert 'id="tag-ga"' not in before.text


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "de", "de"),
        ("", "xx, fr;q=0.4", "fr"),
        ("?lang=ar", "de", "ar"),
        ("?lang=de-AT", "", "de"),
        ("?lang=xx", "de", "en"),
        ("?lang=", "de", "en"),
        ("?lang=%3Cscript%3E", "de", "en"),
        ("?lang=%00", "de", "en"),
        ("?lang=de&lang=fr", "", None),
        ("", "q=1;;;, de;q=nan", "en"),
        ("", "*", "en"),
        ("", "x" * 4_000, "en"),
    ],
)
async def test_language_is_negotiated_and_falls_back_to_english(
    world: World, query: str, accepted: str, language: str | None
) -> None:
    answer = await get(world, PAGE + query, accept_language=accepted)
    assert answer.status_code == 200
    assert language_of(answer) in ({"de", "fr"} if language is None else {language})


@pytest.mark.parametrize("key", ["unknown", "%3Cb%3E", "%00", "x" * 100, "%FF"])
@pytest.mark.parametrize("language", ["en", "de"])
async def test_page_of_an_unknown_site_is_a_styled_404(world: World, key: str, language: str) -> None:
    assert (await get(world, PAGE)).status_code == 200
    answer = await get(world, f"/policy/{key}", accept_language=language)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert language_of(answer) == language
    assert f'href="/policy?lang={language}"' in answer.text
    assert key not in answer.text
    assert (await get(world, f"/policy/{key}", if_none_match=answer.headers["etag"])).status_code == 404


async def disclosed(world: World, query: str = "") -> dict[str, Any]:
    answer = await get(world, f"/storage.json{query}", origin="https://elsewhere.example")
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, max-age=300"
    again = await get(world, f"/storage.json{query}", if_none_match=answer.headers["etag"])
    assert again.status_code == 304
    return json.loads(answer.content)


def check_disclosure(document: dict[str, Any]) -> None:
    """Check each row against the IAB's "Vendor Device Storage & Operational Disclosures"."""
    assert document["domains"] == [{"domain": "127.0.0.1", "use": "Live chat"}]
    assert document["disclosures"]
    for row in document["disclosures"]:
        assert row["identifier"].strip("*")
        assert "*" not in row["identifier"].strip("*")
        assert row["type"] in {"cookie", "web", "app"}
        is_cookie = row["type"] == "cookie"
        assert isinstance(row["maxAgeSeconds"], int) if is_cookie else row["maxAgeSeconds"] is None
        assert isinstance(row.get("cookieRefresh"), bool) == is_cookie
        assert row["domains"]
        assert all(isinstance(domain, str) and domain for domain in row["domains"])
        assert all(1 <= purpose <= 11 for purpose in row["purposes"])
        assert (1 in row["purposes"]) == (row["x-crumbless"]["basis"] == "consent")
        assert isinstance(row["description"], str)
        assert row["description"].isascii()


@pytest.mark.parametrize("query", ["", f"?site={TEA.key}", f"?site={TEA.key}&lang=de"])
async def test_storage_json_has_the_complete_registry(world: World, tagged: None, query: str) -> None:
    document = await disclosed(world, query)
    check_disclosure(document)
    services = {row["x-crumbless"]["service"] for row in document["disclosures"]}
    assert services == ({None, "ga4"} if query else {None})
    wanted = {item.key for item in read_registry().of_services(frozenset({"ga4"} if query else ()))}
    assert {row["x-crumbless"]["key"] for row in document["disclosures"]} == wanted


async def test_texts_come_in_one_language_or_in_all(world: World) -> None:
    purpose = (await disclosed(world))["disclosures"][0]["x-crumbless"]["purpose"]
    assert set(purpose) == set(languages_of("storage"))
    for asked, language in (("de", "de"), ("xx", "en"), ("", "en"), ("%00", "en")):
        document = await disclosed(world, f"?lang={asked}")
        assert document["disclosures"][0]["x-crumbless"]["purpose"] == purpose[language]


async def test_disclosure_of_an_unknown_site_is_a_problem(world: World) -> None:
    answer = await get(world, "/storage.json?site=unknown")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_secrets_of_a_tag_are_not_disclosed(world: World, tagged: None) -> None:
    page, document = await get(world, PAGE), await get(world, f"/storage.json?site={TEA.key}")
    assert "TikTok" in page.text
    for secret in ("hush-google", "hush-tiktok"):
        assert secret not in page.text
        assert secret not in document.text
