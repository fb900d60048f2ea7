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
from crumbless.domain.storage_registry import Registry, Service
from crumbless.errors import Refused
from crumbless.store.people_store import Site
from crumbless.store.tag_store import consent_revision, find_tags

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
    registry = platform_of(request).policy.registry
    services, revision = await _read_asked(request, site)
    config = ConsentConfig(
        site=site.key,
        revision=revision,
        side="left" if site.side == "right" else "right",
        languages=[language for language in consent_words() if language != FALLBACK],
        said=_say(registry, services, FALLBACK),
    )
    text = platform_of(request).assets.consent.replace("__CRUMBLESS_CONSENT__", _script_value(config))
    return serve_asset(
        request, make_asset(text.encode(), "text/javascript"), f"public, max-age={CONSENT_SECONDS}", _PUBLIC
    )


async def get_consent_words(request: AnyRequest) -> Response[bytes]:
    """GET /consent/SITEKEY/LANG.js."""
    language, _, extension = request.path_params["name"].rpartition(".")
    if extension != "js" or language not in consent_words():
        raise Refused("not_found")
    site = await read_site(request, request.path_params["key"])
    registry = platform_of(request).policy.registry
    services, _ = await _read_asked(request, site)
    text = f"export default {_script_value(_say(registry, services, language))};"
    return serve_asset(
        request, make_asset(text.encode(), "text/javascript"), f"public, max-age={CONSENT_SECONDS}", _PUBLIC
    )


def _say(registry: Registry, services: frozenset[Service], language: str) -> Said:
    return say(consent_words()[language], language, ask_services(registry, services, language))


async def _read_asked(request: AnyRequest, site: Site) -> tuple[frozenset[Service], int]:
    """The services in use, and the number of the question that they make."""

    def read(connection: Connection) -> tuple[frozenset[Service], int]:
        services: frozenset[Service] = frozenset(tag.service for tag in find_tags(connection, site.id))
        return services, consent_revision(connection, site.id)

    return await platform_of(request).reader.read(read)


def _script_value(value: object) -> str:
    # U+2028 and U+2029 are fine in strings since ES2019; "<" could end a script that somebody writes into a page.
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")
