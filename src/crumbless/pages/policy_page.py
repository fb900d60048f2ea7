"""The policy pages of the installation and of each site, and storage.json for programs."""

from dataclasses import replace
from urllib.parse import urlsplit

import msgspec
from litestar import Response

from crumbless.consent.tag_store import find_vendor_tags
from crumbless.core.accept_language import choose_language
from crumbless.core.errors import ApiError
from crumbless.core.texts import languages_of
from crumbless.device_storage.registry_read import read_storage_texts
from crumbless.device_storage.storage_disclosure import disclosure
from crumbless.http.asset_response import serve_asset
from crumbless.http.assets import make_asset
from crumbless.http.call import PublicCall
from crumbless.pages.page_views import content_policy
from crumbless.pages.policy_view import PolicyPages, Subject
from crumbless.retention.rule_store import read_rules
from crumbless.sites.site_look_up import find_public_site

DISCLOSURE_SECONDS = 300
"""How long storage.json may be cached. After this time it shows a site's new vendor tags."""


async def get_policy(call: PublicCall) -> Response[bytes]:
    """Return the policy page of the installation."""
    return _respond(call, Subject())


async def get_site_policy(call: PublicCall, key: str) -> Response[bytes]:
    """Return the policy page of a site."""
    return _respond(call, await _find_subject(call, key))


async def get_disclosure(call: PublicCall) -> Response[bytes]:
    """Return what is stored on a visitor's device, for programs."""
    services = call.platform
    key, asked = call.request.query_params.get("site"), call.request.query_params.get("lang")
    subject = Subject() if key is None else await _find_subject(call, key)
    if subject is None:
        raise ApiError("not_found", "There is no site with this key.")
    texts = read_storage_texts()
    language = None if asked is None else choose_language(asked, None, tuple(texts))
    host = urlsplit(services.settings.server.address).hostname or ""
    disclosed = disclosure(services.of(PolicyPages).registry, texts, host, subject.services, language)
    asset = make_asset(msgspec.json.encode(disclosed), "application/json")
    # The auditor and the consent banner read it from pages of other origins. It is public.
    headers = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
    return serve_asset(call, asset, f"public, max-age={DISCLOSURE_SECONDS}", headers)


async def _find_subject(call: PublicCall, key: str) -> Subject | None:
    services = call.platform
    site = await find_public_site(services, call.network, key)
    if site is None:
        return None
    found = await call.read(find_vendor_tags, site.id)
    # The subject is the cache key of the rendered page, so it must not contain secrets.
    tags = tuple(replace(tag, secret="") for tag in found)
    rules = await call.read(read_rules, site.workspace)
    return Subject(site.key, site.name, site.origins, tags, tuple(rules.periods(site.id).items()))


def _respond(call: PublicCall, subject: Subject | None) -> Response[bytes]:
    services = call.platform
    pages = services.of(PolicyPages)
    language = choose_language(
        call.request.query_params.get("lang"), call.request.headers.get("accept-language"), languages_of("policy")
    )
    asset = pages.missing(language) if subject is None else pages.page(subject, language)
    # Lists the scripts by their full addresses. A nonce would change the page, so browsers could not cache it.
    scripts = " ".join(services.settings.server.address + path for path in services.assets.scripts("policy"))
    headers = {
        "content-language": language,
        "content-security-policy": content_policy(services.settings.server.address, scripts, "'none'"),
        "vary": "accept-encoding, accept-language",
    }
    return serve_asset(call, asset, "no-cache", headers, 404 if subject is None else 200)
