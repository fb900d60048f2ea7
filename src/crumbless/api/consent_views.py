"""The consent manager of a site: one script, the same bytes for every visitor, and its words in other languages."""

from functools import cache
from pathlib import Path

import msgspec
from litestar import Response
from sqlalchemy import Connection

from crumbless.api.page_assets import make_asset
from crumbless.api.page_views import read_site, serve_asset
from crumbless.api.request_read import AnyRequest, platform_of
from crumbless.domain.consent_ask import ConsentConfig, Said, ask_services, say
from crumbless.domain.storage_registry import Service
from crumbless.errors import Refused
from crumbless.store.people_store import Site
from crumbless.store.tag_store import Tag, consent_revision, find_tags

CONSENT_SECONDS = 300
"""How long a browser may use the script without asking: a new vendor is asked about after this."""

FALLBACK = "en"
"""Spoken by the script itself; the other languages are fetched."""

_FOLDER = Path(__file__).parents[1] / "consent_words"

_PUBLIC = {"cross-origin-resource-policy": "cross-origin", "access-control-allow-origin": "*"}
"""Pages of other origins import the words, which needs CORS; nothing here is secret or differs between visitors."""


@cache
def consent_words() -> dict[str, dict[str, str]]:
    """The banner's words by language. tests/unit/api/test_consent_views.py holds them complete."""
    return {
        path.stem: msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        for path in sorted(_FOLDER.glob("*.json"))
    }


async def get_consent(request: AnyRequest) -> Response[bytes]:
    """GET /consent.js?site=SITEKEY."""
    site = await read_site(request, request.query_params.get("site", ""))
    tags, revision = await _read_asked(request, site)
    config = ConsentConfig(
        site=site.key,
        origin=platform_of(request).settings.address,
        revision=revision,
        side="left" if site.side == "right" else "right",
        languages=[language for language in consent_words() if language != FALLBACK],
        said=_say(request, tags, FALLBACK),
    )
    return _serve(request, platform_of(request).assets.consent.replace("__CRUMBLESS_CONSENT__", script_value(config)))


async def get_consent_words(request: AnyRequest) -> Response[bytes]:
    """GET /consent/SITEKEY/LANG.js."""
    language, _, extension = request.path_params["name"].rpartition(".")
    if extension != "js" or language not in consent_words():
        raise Refused("not_found")
    site = await read_site(request, request.path_params["key"])
    tags, _ = await _read_asked(request, site)
    return _serve(request, f"export default {script_value(_say(request, tags, language))};")


async def _read_asked(request: AnyRequest, site: Site) -> tuple[tuple[Tag, ...], int]:
    """The tags in use, and the number of the question that they make."""

    def read(connection: Connection) -> tuple[tuple[Tag, ...], int]:
        return find_tags(connection, site.id), consent_revision(connection, site.id)

    return await platform_of(request).reader.read(read)


def _say(request: AnyRequest, tags: tuple[Tag, ...], language: str) -> Said:
    services: frozenset[Service] = frozenset(tag.service for tag in tags)
    in_browser: frozenset[Service] = frozenset(tag.service for tag in tags if tag.way == "browser")
    policy = platform_of(request).policy
    lifetimes = policy.words[language]["lifetime"]
    asked = ask_services(policy.registry, services, in_browser, language, lifetimes)
    return say(consent_words()[language], language, asked)


def _serve(request: AnyRequest, script: str) -> Response[bytes]:
    asset = make_asset(script.encode(), "text/javascript")
    return serve_asset(request, asset, f"public, max-age={CONSENT_SECONDS}", _PUBLIC)


def script_value(value: object) -> str:
    """The value as JavaScript writes it."""
    # U+2028 and U+2029 are fine in strings since ES2019; "<" could end a script that somebody writes into a page.
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")
