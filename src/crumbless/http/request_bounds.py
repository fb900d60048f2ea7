"""Limits the length of a request's address and headers before other code reads them.

Frameworks and libraries cache parsed values: the router 1,024 paths, the query parser 1,024 queries, `urlsplit` 128
addresses. With heads of up to 64 KiB each cache could take over 64 MiB, which no rate limit prevents.
"""

from collections.abc import Iterable, Mapping

from crumbless.core.errors import ApiError

MAX_PATH = 256
"""Longest decoded path in characters. The longest path of the route table has about 140."""

MAX_PATH_PARAMETER = 100
"""Longest parameter of a path in characters."""

MAX_QUERY = 2_048
"""Longest raw query in bytes."""

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
"""Bytes of a header that are read. A token, proof or origin that was cut is rejected. `X-Forwarded-For` is never cut,
because its last hop counts (http/client_address.py)."""

Headers = Iterable[tuple[bytes, bytes]]


def bounded_headers(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return the headers without cookies, each cut to its limit."""
    return [(name, value[: HEADER_BYTES.get(name)]) for name, value in headers if name != b"cookie"]


def bound_target(path: str, query: bytes) -> bytes:
    """Return the query that may be read.

    Raises:
        ApiError: `not_found` if the path is longer than any route; `invalid` if the query is too long.
    """
    if len(path) > MAX_PATH:
        raise ApiError("not_found")
    if path.startswith(PROVIDER_RETURN):
        return b""
    if len(query) > MAX_QUERY:
        raise ApiError("invalid", f"The query of an address may have at most {MAX_QUERY:,} bytes.")
    return query


def check_path_parameters(values: Mapping[str, object]) -> None:
    """Raise ApiError `not_found` if a parameter of the path is longer than any name or ID."""
    if any(len(str(value)) > MAX_PATH_PARAMETER for value in values.values()):
        raise ApiError("not_found")
