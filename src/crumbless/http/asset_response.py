"""Responses with built files of the browser's code."""

from litestar import Response

from crumbless.core.time_units import DAY_SECONDS
from crumbless.http.assets import Asset
from crumbless.http.call import PublicCall

LOADER_SECONDS = 300
"""How long a browser may cache the loader. After this time it shows a site's new appearance."""


YEAR_SECONDS = 365 * DAY_SECONDS


def serve_asset(
    call: PublicCall, asset: Asset, caching: str, headers: dict[str, str], status: int = 200
) -> Response[bytes]:
    """Return the asset, compressed if the browser accepts gzip, or 304 if the browser has the current one."""
    headers = {"vary": "accept-encoding"} | headers | {"etag": asset.etag, "cache-control": caching}
    if status == 200 and call.request.headers.get("if-none-match") == asset.etag:
        return Response(b"", status_code=304, media_type=asset.media_type, headers=headers)
    if "gzip" in call.request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(asset.packed, status_code=status, media_type=asset.media_type, headers=headers)
    return Response(asset.plain, status_code=status, media_type=asset.media_type, headers=headers)
