"""consent.js is the same file for every visitor, generated from the site's tags. Translations are separate modules."""

import json
import re
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection
from tests.flow.conftest import StartServer

from crumbless.consent.tag_store import TagMode, VendorTag, set_vendor_tag
from crumbless.database.database import write_once
from crumbless.sites.site_store import find_site
from support.people import TEA
from support.server import ServerProcess

VISITORS: tuple[dict[str, str], ...] = (
    {},
    {"accept-language": "de", "cookie": "a=b", "sec-gpc": "1", "dnt": "1", "origin": "https://tea.example"},
)


def use_vendor_tag(server: ServerProcess, mode: TagMode) -> None:
    """Use Google Analytics on the tea shop's site."""

    def write(connection: Connection) -> None:
        site = find_site(connection, TEA.key)
        assert site
        set_vendor_tag(connection, site, VendorTag("ga4", mode, "G-1", "s3cret"))

    write_once(server.database_url, write)


def get(server: ServerProcess, path: str, **headers: str) -> httpx.Response:
    return httpx.get(server.address + path, headers=headers, trust_env=False)


def config_in(script: str) -> dict[str, Any]:
    """Return the values that the server has filled in."""
    found, _ = json.JSONDecoder().raw_decode(script[script.index('{"site":') :])
    return found


def test_script_is_the_same_for_every_visitor_and_names_the_services(start_server: StartServer) -> None:
    server = start_server()
    path = f"/consent.js?site={TEA.key}"
    assert config_in(get(server, path).text)["said"]["services"] == []
    use_vendor_tag(server, "browser")
    answers = [httpx.get(server.address + path, headers=headers, trust_env=False) for headers in VISITORS]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["cache-control"] == "public, max-age=300"
    assert answers[0].headers["cross-origin-resource-policy"] == "cross-origin"
    assert b"__CRUMBLESS" not in answers[0].content
    assert b"s3cret" not in answers[0].content
    first = config_in(answers[0].text)
    assert [(one["name"], one["category"]) for one in first["said"]["services"]] == [("ga4", "analytics")]
    assert {row[1] for row in first["said"]["services"][0]["rows"]} >= {"_ga", "_ga_{stream}"}
    assert get(server, path, **{"if-none-match": answers[0].headers["etag"]}).status_code == 304

    use_vendor_tag(server, "relay")
    second = config_in(get(server, path).text)
    assert second["said"]["services"][0]["rows"] == []
    assert second["revision"] > first["revision"]


def test_texts_are_a_module_that_other_origins_can_import(start_server: StartServer) -> None:
    server = start_server()
    use_vendor_tag(server, "browser")
    answer = get(server, f"/consent/{TEA.key}/de.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["access-control-allow-origin"] == "*"
    texts = json.loads(answer.text.removeprefix("export default ").removesuffix(";"))
    assert texts["language"] == "de"
    assert texts["words"]["reject"] == "Alle ablehnen"
    assert texts["text"] != config_in(get(server, f"/consent.js?site={TEA.key}").text)["said"]["text"]


def test_imported_files_are_served_under_a_query(start_server: StartServer) -> None:
    server = start_server()
    use_vendor_tag(server, "browser")
    host_storage = re.search(r"/assets/host_storage-\w+\.js", get(server, f"/w/{TEA.key}.js").text)
    assert host_storage
    # Browsers that cache a failed import request another URL the next time.
    for path in (host_storage[0], f"/consent/{TEA.key}/de.js"):
        answer = get(server, f"{path}?retry?retry")
        assert answer.status_code == 200
        assert answer.content == get(server, path).content


NOWHERE = (
    "/consent.js",
    "/consent.js?site=",
    "/consent.js?site=nobody",
    "/consent/nobody/de.js",
    f"/consent/{TEA.key}/xx.js",
    f"/consent/{TEA.key}/de.json",
    f"/consent/{TEA.key}/..%2Fde.js",
)


@pytest.mark.parametrize("path", NOWHERE)
def test_unknown_site_or_language_is_not_found(server: ServerProcess, path: str) -> None:
    assert get(server, f"/consent/{TEA.key}/de.js").status_code == 200
    assert get(server, path).status_code == 404
