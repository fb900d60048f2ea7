"""The scripts that put a vendor's tag into a page, made for the site. consent.js loads them after the grant."""

import json

from litestar import Response

from crumbless.api.page_assets import make_asset
from crumbless.api.page_views import LOADER_SECONDS, read_site, serve_asset
from crumbless.api.request_read import AnyRequest, platform_of
from crumbless.errors import Refused
from crumbless.store.tag_store import find_tags


async def get_tag(request: AnyRequest) -> Response[bytes]:
    """GET /tags/SITEKEY/SERVICE.js."""
    platform = platform_of(request)
    service, _, extension = str(request.path_params["name"]).rpartition(".")
    site = await read_site(request, request.path_params["key"])
    tags = await platform.reader.read(lambda connection: find_tags(connection, site.id))
    tag = next((one for one in tags if (one.service, one.way) == (service, "browser")), None)
    if tag is None or extension != "js":
        raise Refused("not_found", "This site has no such tag.")
    scripts = {"ga4": platform.settings.ga4_script_url, "tiktok": platform.settings.tiktok_script_url}
    filled = json.dumps({"id": tag.identifier, "script": scripts[service].rstrip("/")}).replace("<", "\\u003c")
    text = platform.assets.tags[service].replace("__CRUMBLESS_TAG__", filled)
    headers = {"cross-origin-resource-policy": "cross-origin"}
    return serve_asset(
        request, make_asset(text.encode(), "text/javascript"), f"public, max-age={LOADER_SECONDS}", headers
    )
