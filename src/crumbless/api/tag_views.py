"""The scripts that add a vendor's tag to a page of a site. consent.js loads them after consent."""

import json

from litestar import Response

from crumbless.api.call import PublicCall
from crumbless.api.page_assets import make_asset
from crumbless.api.page_views import LOADER_SECONDS, read_site, serve_asset
from crumbless.errors import ApiError
from crumbless.store.tag_store import find_vendor_tags


async def get_tag(call: PublicCall, key: str, name: str) -> Response[bytes]:
    """Return the script that puts a vendor's tag into a page of a site: SERVICE.js."""
    services = call.platform
    service, _, extension = name.rpartition(".")
    site = await read_site(call, key)
    tags = await call.read(find_vendor_tags, site.id)
    tag = next((one for one in tags if (one.service, one.mode) == (service, "browser")), None)
    if tag is None or extension != "js":
        raise ApiError("not_found", "This site has no such tag.")
    scripts = {"ga4": services.settings.relays.ga4_script_url, "tiktok": services.settings.relays.tiktok_script_url}
    filled = json.dumps({"id": tag.identifier, "script": scripts[service].rstrip("/")}).replace("<", "\\u003c")
    text = services.assets.tags[service].replace("__CRUMBLESS_TAG__", filled)
    headers = {"cross-origin-resource-policy": "cross-origin"}
    return serve_asset(call, make_asset(text.encode(), "text/javascript"), f"public, max-age={LOADER_SECONDS}", headers)
