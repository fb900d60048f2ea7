"""Rules for the head of a request. HTTP requests and WebSocket handshakes pass the same checks."""

import re
from collections.abc import Iterable

from crumbless.core.errors import ApiError

Headers = Iterable[tuple[bytes, bytes]]
"""Pairs of name and value, in the order of the lines; names in lower case."""

_split_absolute = re.compile(rb"(?:http|https)://([^/?]*)(.*)", re.IGNORECASE | re.DOTALL).fullmatch


def join_lines(headers: Headers, name: bytes) -> str:
    """Return the values of all lines of a header, joined in order as RFC 9110, section 5.3, joins them.

    A proxy may add a separate line below the client's. If only one was read, the client could choose the value.
    """
    return b", ".join(value for one, value in headers if one == name).decode("latin-1")


def check_head(version: str, target: bytes, headers: Headers) -> bytes:
    """Return the request target in origin form.

    A server in front may resolve an ambiguity differently, and read one request as two or as one for another host
    (request smuggling). Ambiguous heads are rejected.

    Args:
        version: the HTTP version without its name, such as `1.1`.
        target: the request target as it was sent.
        headers: the headers of the request.

    Raises:
        ApiError: `malformed`.
    """
    pairs = [*headers]
    hosts = [value for name, value in pairs if name == b"host"]
    # Health checks of load balancers often use HTTP/1.0 without a Host header.
    if len(hosts) > 1 or (not hosts and version != "1.0"):
        raise ApiError("malformed", "Send exactly one Host header.")
    if version not in {"1.0", "1.1"}:
        raise ApiError("malformed", "Use HTTP/1.1.")
    codings = [value.strip().lower() for name, value in pairs if name == b"transfer-encoding"]
    if codings and (codings != [b"chunked"] or version == "1.0"):
        raise ApiError("malformed", "The only transfer coding is chunked, with HTTP/1.1.")
    return _origin_form(target, hosts[0] if hosts else b"")


def has_body(headers: Headers) -> bool:
    """Return whether a request with this head has a body, which a WebSocket handshake must not have."""
    return any(name == b"transfer-encoding" or (name == b"content-length" and int(value)) for name, value in headers)


def _origin_form(target: bytes, host: bytes) -> bytes:
    if b"#" in target:
        raise ApiError("malformed", "A request target has no fragment.")
    if target.startswith(b"/") or target == b"*":
        return target
    absolute = _split_absolute(target)
    if absolute is None or absolute[1].lower() != host.lower():
        raise ApiError("malformed", "The request target and the Host header differ.")
    return absolute[2] if absolute[2].startswith(b"/") else b"/" + absolute[2]
