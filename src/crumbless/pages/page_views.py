"""Pages and scripts: the loader of a site, the frame, the desk, and their files."""

import html
import json
import re
import secrets
from urllib.parse import urlsplit

from litestar import Response
from litestar.response import Redirect

from crumbless.consent.tag_store import find_vendor_tags
from crumbless.core.accept_language import DEFAULT_LANGUAGE, choose_language
from crumbless.core.errors import ApiError
from crumbless.core.texts import languages_of
from crumbless.http.asset_response import LOADER_SECONDS, YEAR_SECONDS, serve_asset
from crumbless.http.assets import Assets, make_asset
from crumbless.http.call import PublicCall
from crumbless.sites.colour import ACCENT, ink_on
from crumbless.sites.site_look_up import read_site
from crumbless.sites.site_seen import EmbedSightings

KEEP_DAYS = 30

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}

_PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="crumbless" content="{config}">
<title>{title}</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
{style}{imports}<script type="module" src="{script}" nonce="{nonce}"></script>
</head>
<body>
<div id="app"></div>
<noscript>This chat needs JavaScript.</noscript>
</body>
</html>
"""

# Loads a module at once, not only after the script that imports it.
_PRELOAD = '<link rel="modulepreload" href="{path}" nonce="{nonce}">\n'

_ICON = make_asset(
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#0e6a5a" '
    b'd="M16 4C9 4 3 9 3 15c0 3 2 6 5 8l-1 5 5-2c1 0 3 1 4 1 7 0 13-6 13-12S23 4 16 4z"/></svg>',
    "image/svg+xml",
)


async def get_loader(call: PublicCall, name: str) -> Response[bytes]:
    """Return the loader of a site: SITEKEY.js."""
    key, _, extension = name.rpartition(".")
    if extension != "js":
        raise ApiError("not_found")
    site = await read_site(call, key)
    call.of(EmbedSightings).note(site, call.request.headers.get("referer", ""))
    assets = call.platform.assets
    accent = site.accent or ACCENT
    appearance = json.dumps(
        {
            "key": site.key,
            "origin": call.address,
            "side": site.side,
            "accent": accent,
            "ink": ink_on(accent),
            "host_storage": assets.script("host_storage"),
        }
    )
    text = assets.loader.replace("__CRUMBLESS_SITE__", appearance.replace("<", "\\u003c"))
    asset = make_asset(text.encode(), "text/javascript")
    return serve_asset(
        call, asset, f"public, max-age={LOADER_SECONDS}", {"cross-origin-resource-policy": "cross-origin"}
    )


async def get_asset(call: PublicCall, name: str) -> Response[bytes]:
    """Return a file of the browser code."""
    asset = call.platform.assets.find(f"/assets/{name}")
    if asset is None:
        raise ApiError("not_found")
    # The name contains a hash of the content, so the content of a name never changes.
    # The loader imports host_storage into pages of other origins, which needs CORS. Assets contain no secrets.
    return serve_asset(call, asset, f"public, max-age={YEAR_SECONDS}, immutable", {"access-control-allow-origin": "*"})


async def get_icon(call: PublicCall) -> Response[bytes]:
    """Return the icon."""
    return serve_asset(call, _ICON, "public, max-age=86400", {})


async def get_frame(call: PublicCall, key: str) -> Response[str]:
    """Return the chat of a site."""
    site = await read_site(call, key)
    call.of(EmbedSightings).note(site, call.request.headers.get("referer", ""))
    tags = await call.read(find_vendor_tags, site.id)
    config: dict[str, object] = {
        "site": site.key,
        "name": site.name,
        "origins": site.origins,
        "keepDays": KEEP_DAYS,
        "relays": any(tag.mode == "relay" for tag in tags),
    }
    return _page(call, "frame", "Chat", config, " ".join(site.origins) or "'none'", _requested_language(call))


async def get_desk(call: PublicCall) -> Response[str]:
    """Return the desk."""
    accepted = call.request.headers.get("accept-language")
    language = choose_language(None, accepted, languages_of("desk"))
    return _page(call, "desk", "Crumbless", {}, "'none'", language)


async def get_oidc_return(call: PublicCall, provider: str) -> Response[str]:
    """Return the desk, whose script takes code and state out of the address and sends them on."""
    return await get_desk(call)


async def get_root(_call: PublicCall) -> Redirect:
    """Redirect to the desk."""
    return Redirect("/desk/")


def _requested_language(call: PublicCall) -> str:
    """Return the BCP 47 tag in the address, or English."""
    language = call.request.query_params.get("lang", DEFAULT_LANGUAGE)
    return language if _LANGUAGE.fullmatch(language) else DEFAULT_LANGUAGE


def _page(
    call: PublicCall, name: str, title: str, config: dict[str, object], ancestors: str, language: str
) -> Response[str]:
    services = call.platform
    nonce = secrets.token_urlsafe(16)
    config = config | {"nonce": services.nonces.current(), "publicUrl": services.settings.server.address}
    # The page's script may load other texts: only it can read the language that the user has chosen.
    texts = services.assets.texts(name, choose_language(language, None, languages_of(name)))
    preloaded = [*services.assets.imports(name), texts]
    text = _PAGE.format(
        language=language,
        direction="rtl" if language.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr",
        config=html.escape(json.dumps(config)),
        title=title,
        style=_style_link(services.assets, name),
        imports="".join(_PRELOAD.format(path=path, nonce=nonce) for path in preloaded),
        script=services.assets.script(name),
        nonce=nonce,
    )
    headers = {
        "cache-control": "no-store",
        "content-security-policy": _page_policies(services.settings.server.address, nonce, ancestors),
    }
    return Response(text, status_code=200, media_type="text/html", headers=headers)


def _style_link(assets: Assets, name: str) -> str:
    path = assets.style(name)
    return f'<link rel="stylesheet" href="{path}">\n' if path else ""


def _page_policies(address: str, nonce: str, ancestors: str) -> str:
    """Return two policies, which both apply: scripts need a path under /assets/ and the nonce of this response.

    With only a nonce, an injected `import()` could load any script. With only a path, injected markup could run
    Crumbless scripts.
    """
    by_path = content_policy(address, f"{address}/assets/", ancestors)
    return f"{by_path}, script-src 'nonce-{nonce}'"


def content_policy(address: str, scripts: str, ancestors: str) -> str:
    """Return the CSP of a page: its script sources are `scripts`, and `ancestors` may embed it in a frame."""
    stream = f"{'wss' if address.startswith('https:') else 'ws'}://{urlsplit(address).netloc}"
    return (
        f"default-src 'none'; script-src {scripts}; style-src {address}/assets/; img-src 'self' data:; "
        f"media-src 'self'; connect-src 'self' {stream}; base-uri 'none'; form-action 'none'; object-src 'none'; "
        f"frame-ancestors {ancestors}; require-trusted-types-for 'script'; trusted-types 'none'"
    )
