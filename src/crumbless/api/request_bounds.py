"""How long an address and the headers of a request may be, before anything else reads them.

Frameworks and libraries remember what they parsed: the router 1,024 paths, the query parser 1,024 queries, `urlsplit`
128 addresses. With heads of up to 64 KiB that would be 64 MiB and more for each, and no limiter would see it.
"""

from collections.abc import Iterable, Mapping

from crumbless.errors import ApiError

MAX_PATH = 256
"""Characters of a path, decoded. The longest path of the route table has about 140."""

MAX_PATH_PARAMETER = 100
"""Characters of one parameter of a path."""

MAX_QUERY = 2_048
"""Bytes of a query, as it came."""

PROVIDER_RETURN = "/desk/oidc/"
"""Providers put long codes into the query. The page's script reads them; the server does not."""

HEADER_BYTES = {
    b"accept-language": 1_000,
    b"authorization": 256,
    b"content-type": 256,
    b"crumbless-stream": 64,
    b"dpop": 2_048,
    b"if-none-match": 128,
    b"origin": 300,
    b"referer": 2_048,
    b"traceparent": 128,
    b"user-agent": 1_024,
    b"x-request-id": 128,
}
"""How much of a header is read. What is cut off makes a token, a proof or an origin one that is refused. Never cut is
`X-Forwarded-For`: its last hop is the one that counts (api/client_address.py)."""

Headers = Iterable[tuple[bytes, bytes]]


def bounded_headers(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return the headers without cookies, each cut at its longest length."""
    return [(name, value[: HEADER_BYTES.get(name)]) for name, value in headers if name != b"cookie"]


def bound_target(path: str, query: bytes) -> bytes:
    """Return the query that may be read.

    Raises:
        ApiError: `not_found` for a path that is longer than any route; `invalid` for a query that is too long.
    """
    if len(path) > MAX_PATH:
        raise ApiError("not_found")
    if path.startswith(PROVIDER_RETURN):
        return b""
    if len(query) > MAX_QUERY:
        raise ApiError("invalid", f"The query of an address has at most {MAX_QUERY:,} bytes.")
    return query


def check_path_parameters(values: Mapping[str, object]) -> None:
    """Raise ApiError `not_found` when a parameter of the path is longer than any name or ID can be."""
    if any(len(str(value)) > MAX_PATH_PARAMETER for value in values.values()):
        raise ApiError("not_found")
