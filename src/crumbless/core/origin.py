"""Web origins: scheme, host and port of the pages that may show a site's chat."""

import re
from urllib.parse import urlsplit

from crumbless.core.errors import ApiError

_DEFAULT_PORTS = {"http": 80, "https": 443}

# Browsers send names in other scripts as xn--. Other characters would become part of a Content-Security-Policy.
_match_host = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f]*:[0-9a-f:.]+", re.ASCII).fullmatch


def check_origin(text: str) -> str:
    """Return the origin as browsers send it: lower case, without a default port.

    Raises:
        ApiError: `invalid` for anything but http(s)://HOST or http(s)://HOST:PORT; also for `null` and wildcards.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise _refused(text) from None
    host = parts.hostname or ""
    if parts.scheme not in _DEFAULT_PORTS or not _match_host(host) or parts.username is not None:
        raise _refused(text)
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise _refused(text)
    bracketed = f"[{host}]" if ":" in host else host
    suffix = "" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{bracketed}{suffix}"


def _refused(text: str) -> ApiError:
    return ApiError("invalid", f"{text!r} is not an origin such as https://www.example.com.")
