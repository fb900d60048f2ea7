"""The consent manager of a site: one script, the same bytes for every visitor, and its words in other languages."""

from functools import cache
from pathlib import Path

import msgspec
from litestar import Response

from crumbless.api.call import PublicCall
from crumbless.api.page_assets import make_asset
from crumbless.api.page_views import read_site, serve_asset
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


async def get_consent(call: PublicCall) -> Response[bytes]:
    """Return the consent manager of a site."""
    site = await read_site(call, call.request.query_params.get("site", ""))
    tags, revision = await _read_asked(call, site)
    config = ConsentConfig(
        site=site.key,
        origin=call.platform.settings.address,
        revision=revision,
        side="left" if site.side == "right" else "right",
        languages=[language for language in consent_words() if language != FALLBACK],
        said=_say(call, tags, FALLBACK),
    )
    return _serve(call, call.platform.assets.consent.replace("__CRUMBLESS_CONSENT__", script_value(config)))


async def get_consent_words(call: PublicCall, key: str, name: str) -> Response[bytes]:
    """Return the consent manager's texts in a language: LANG.js."""
    language, _, extension = name.rpartition(".")
    if extension != "js" or language not in consent_words():
        raise Refused("not_found")
    site = await read_site(call, key)
    tags, _ = await _read_asked(call, site)
    return _serve(call, f"export default {script_value(_say(call, tags, language))};")


async def _read_asked(call: PublicCall, site: Site) -> tuple[tuple[Tag, ...], int]:
    """The tags in use, and the number of the question that they make."""
    return await call.read(lambda connection: (find_tags(connection, site.id), consent_revision(connection, site.id)))


def _say(call: PublicCall, tags: tuple[Tag, ...], language: str) -> Said:
    services: frozenset[Service] = frozenset(tag.service for tag in tags)
    in_browser: frozenset[Service] = frozenset(tag.service for tag in tags if tag.way == "browser")
    policy = call.platform.policy
    lifetimes = policy.words[language]["lifetime"]
    asked = ask_services(policy.registry, services, in_browser, language, lifetimes)
    return say(consent_words()[language], language, asked)


def _serve(call: PublicCall, script: str) -> Response[bytes]:
    asset = make_asset(script.encode(), "text/javascript")
    return serve_asset(call, asset, f"public, max-age={CONSENT_SECONDS}", _PUBLIC)


def script_value(value: object) -> str:
    """The value as JavaScript writes it."""
    # U+2028 and U+2029 are fine in strings since ES2019; "<" could end a script that somebody writes into a page.
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")
