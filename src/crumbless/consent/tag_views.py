"""The scripts that add a vendor's tag to a page of a site. consent.js loads them after consent."""

import json

from litestar import Response

from crumbless.consent.tag_store import find_vendor_tags
from crumbless.core.errors import ApiError
from crumbless.http.asset_response import LOADER_SECONDS, serve_asset
from crumbless.http.assets import make_asset
from crumbless.http.call import PublicCall
from crumbless.sites.site_look_up import read_site


async def get_tag(call: PublicCall, key: str, name: str) -> Response[bytes]:
    """Return the script that puts a vendor's tag into a page of a site: SERVICE.js."""
    services = call.platform
    service, _, extension = name.rpartition(".")
    site = await read_site(call, key)
    tags = await call.read(find_vendor_tags, site.id)
    tag = next((one for one in tags if (one.service, one.mode) == (service, "browser")), None)
    if tag is None or extension != "js":
        raise ApiError("not_found", "This site does not use this vendor script.")
    scripts = {"ga4": services.settings.relays.ga4_script_url, "tiktok": services.settings.relays.tiktok_script_url}
    filled = json.dumps({"id": tag.identifier, "script": scripts[service].rstrip("/")}).replace("<", "\\u003c")
    text = services.assets.tags[service].replace("__CRUMBLESS_TAG__", filled)
    headers = {"cross-origin-resource-policy": "cross-origin"}
    return serve_asset(call, make_asset(text.encode(), "text/javascript"), f"public, max-age={LOADER_SECONDS}", headers)
