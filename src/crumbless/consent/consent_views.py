"""The consent manager of a site: one script, identical for all visitors, and its texts in other languages."""

import msgspec
from litestar import Response

from crumbless.consent.consent_ask import ConsentConfig, Said, ask_services, say
from crumbless.consent.tag_store import VendorTag, consent_revision, find_vendor_tags
from crumbless.core.errors import ApiError
from crumbless.core.texts import ENGLISH, direction_of, languages_of, read_texts
from crumbless.device_storage.registry_read import read_storage_texts
from crumbless.device_storage.storage_registry import Registry, Service
from crumbless.http.asset_response import serve_asset
from crumbless.http.assets import make_asset
from crumbless.http.call import PublicCall
from crumbless.sites.site_look_up import read_site
from crumbless.sites.site_store import Site

CONSENT_SECONDS = 300
"""How long a browser may cache the script. After this time it asks for consent to a new vendor."""

SURFACE = "consent"
"""The surface in the catalogue of texts. The script contains English and loads other languages on demand."""

_PUBLIC = {"cross-origin-resource-policy": "cross-origin", "access-control-allow-origin": "*"}
"""Pages of other origins import the texts, which needs CORS. They contain no secrets and are the same for all."""


async def get_consent(call: PublicCall) -> Response[bytes]:
    """Return the consent manager of a site."""
    site = await read_site(call, call.request.query_params.get("site", ""))
    tags, revision = await _read_question(call, site)
    config = ConsentConfig(
        site=site.key,
        origin=call.address,
        revision=revision,
        side="left" if site.side == "right" else "right",
        languages=[language for language in languages_of(SURFACE) if language != ENGLISH],
        said=_texts(call, tags, ENGLISH),
    )
    return _serve(call, call.platform.assets.consent.replace("__CRUMBLESS_CONSENT__", script_value(config)))


async def get_consent_words(call: PublicCall, key: str, name: str) -> Response[bytes]:
    """Return the consent manager's texts in a language: LANG.js."""
    language, _, extension = name.rpartition(".")
    if extension != "js" or language not in languages_of(SURFACE):
        raise ApiError("not_found")
    site = await read_site(call, key)
    tags, _ = await _read_question(call, site)
    return _serve(call, f"export default {script_value(_texts(call, tags, language))};")


async def _read_question(call: PublicCall, site: Site) -> tuple[tuple[VendorTag, ...], int]:
    """Return the tags in use and the consent revision."""
    return await call.read(
        lambda connection: (find_vendor_tags(connection, site.id), consent_revision(connection, site.id))
    )


def _texts(call: PublicCall, tags: tuple[VendorTag, ...], language: str) -> Said:
    services: frozenset[Service] = frozenset(tag.service for tag in tags)
    in_browser: frozenset[Service] = frozenset(tag.service for tag in tags if tag.mode == "browser")
    registry = call.of(Registry)
    asked = ask_services(registry, services, in_browser, language, read_storage_texts()[language])
    return say(read_texts(language, SURFACE), language, direction_of(language), asked)


def _serve(call: PublicCall, script: str) -> Response[bytes]:
    asset = make_asset(script.encode(), "text/javascript")
    return serve_asset(call, asset, f"public, max-age={CONSENT_SECONDS}", _PUBLIC)


def script_value(value: object) -> str:
    """Return the value as a JavaScript expression."""
    # U+2028 and U+2029 are valid in strings since ES2019. An unescaped "<" could end an inline script.
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")
