"""Probes with single requests: where they arrive, how proxies change responses, and how large a body may be."""

import ipaddress
import socket
import ssl
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
import msgspec

from crumbless.connection_check.finding import Finding, bad, good, warning
from crumbless.core.time_units import DAY_SECONDS
from crumbless.operations.operation_wire import ConnectionCheckResponse
from crumbless.protocol.frames import MAX_FRAME

CLOCK_SECONDS = 30.0
"""Two clocks may differ by this much before times in the desk look wrong."""

CERTIFICATE_DAYS = 14

BODY = b"x" * (MAX_FRAME - 1024)
"""Nearly the largest body that the API takes."""

PROXY_HINT = 'See "Behind a proxy" in docs/operations.md.'

SAFETY_HEADERS = ("x-content-type-options", "referrer-policy", "content-security-policy")


async def reach(http: httpx.AsyncClient, url: str) -> tuple[Finding, ConnectionCheckResponse | None, float]:
    """Return whether Crumbless answers, its response, and by how many seconds its clock is ahead of this machine's."""
    began = time.time()
    try:
        answer = await http.get(f"{url}/v1/check")
    except httpx.HTTPError as error:
        return (
            bad("reach", f"no response from {url}: {_reason(error)}", "Check name, port, firewall and proxy."),
            None,
            0,
        )
    middle = (began + time.time()) / 2
    if answer.status_code == 421:
        advice = f"Make the proxy forward the Host header, or add its name to CRUMBLESS_ALLOWED_HOSTS. {PROXY_HINT}"
        return bad("reach", "the request arrived with a Host header that is not the public address", advice), None, 0
    try:
        told = msgspec.json.decode(answer.content, type=ConnectionCheckResponse)
    except msgspec.MsgspecError:
        said = f"the response (status {answer.status_code}) is not from Crumbless"
        return bad("reach", said, f"Make the proxy forward every path to Crumbless. {PROXY_HINT}"), None, 0
    milliseconds = answer.elapsed.total_seconds() * 1000
    return good("reach", f"Crumbless responds in {milliseconds:.0f} ms"), told, told.at / 1000 - middle


def judge_address(url: str, told: ConnectionCheckResponse) -> Finding:
    """Whether the server knows the address by which it is reached: proofs and links name it."""
    if told.address == url:
        return good("address", "the server is configured with this public address")
    return bad(
        "address",
        f"the server is configured with the public address {told.address}",
        f"Set CRUMBLESS_PUBLIC_URL={url}. Otherwise every sign-in is rejected.",
    )


def judge_clock(ahead: float) -> Finding:
    """Whether both clocks agree."""
    if abs(ahead) <= CLOCK_SECONDS:
        return good("clock", "the server's clock and this one agree")
    direction = "ahead of" if ahead > 0 else "behind"
    return warning(
        "clock",
        f"the server's clock is {abs(ahead):.0f} s {direction} this one",
        "Synchronise both clocks with NTP. Message times and sign-in codes depend on it.",
    )


def judge_proxy(told: ConnectionCheckResponse) -> Finding:
    """Whether limits count people or the proxy."""
    if told.forwarded and not told.trusted:
        return bad(
            "proxy",
            "a proxy sends client addresses, but the server does not trust it: all clients share one rate limit",
            "Add the proxy's address or network to CRUMBLESS_TRUSTED_PROXIES.",
        )
    if told.trusted and not told.forwarded:
        return bad(
            "proxy",
            "the trusted proxy does not send client addresses: all clients share one rate limit",
            f"Make the proxy send X-Forwarded-For. {PROXY_HINT}",
        )
    return good("proxy", "a trusted proxy sends client addresses" if told.trusted else "no proxy was detected")


async def judge_answers(http: httpx.AsyncClient, url: str, first: ConnectionCheckResponse) -> list[Finding]:
    """Check whether a proxy caches responses, adds cookies or removes headers."""
    try:
        again = await http.get(f"{url}/v1/check")
        page = await http.get(f"{url}/desk/")
    except httpx.HTTPError as error:
        return [bad("cache", f"a second request failed: {_reason(error)}", PROXY_HINT)]
    return [_judge_cache(first, again), _judge_cookies(again, page), _judge_headers(again, page)]


def _judge_cache(first: ConnectionCheckResponse, again: httpx.Response) -> Finding:
    advice = f"Make proxy and CDN respect Cache-Control: no-store below /v1/. {PROXY_HINT}"
    if f'"{first.draw}"' in again.text:
        return bad("cache", "a second request got the response to the first one: a proxy caches responses", advice)
    if "no-store" not in again.headers.get("cache-control", ""):
        return bad("cache", "a proxy removes Cache-Control: no-store from responses", advice)
    return good("cache", "responses of the API are not cached")


def _judge_cookies(*answers: httpx.Response) -> Finding:
    name = "cookie"
    if not any("set-cookie" in answer.headers for answer in answers):
        return good(name, "no proxy sets a cookie")
    return bad(
        name,
        "a proxy or CDN sets a cookie; Crumbless never sets one",
        "Turn off sticky sessions and bot protection that use cookies.",
    )


def _judge_headers(again: httpx.Response, page: httpx.Response) -> Finding:
    missing = [name for name in SAFETY_HEADERS if name not in page.headers]
    missing += [] if "dpop-nonce" in again.headers else ["dpop-nonce"]
    if not missing:
        return good("headers", "security headers arrive unchanged")
    return bad(
        "headers",
        f"a proxy removes headers: {', '.join(missing)}",
        "Make the proxy forward response headers unchanged.",
    )


async def judge_body(http: httpx.AsyncClient, url: str) -> Finding:
    """Whether a body of the largest size that the API takes comes through."""
    size = f"{len(BODY) // 1024} KiB"
    advice = f"Make the proxy accept bodies of 6 MiB (nginx: client_max_body_size 6m). {PROXY_HINT}"
    try:
        answer = await http.post(f"{url}/v1/check", content=BODY, headers={"content-type": "application/octet-stream"})
    except httpx.HTTPError as error:
        return bad("body", f"a request with a body of {size} failed: {_reason(error)}", advice)
    try:
        told = msgspec.json.decode(answer.content, type=ConnectionCheckResponse)
    except msgspec.MsgspecError:
        return bad("body", f"a proxy rejects a body of {size} with status {answer.status_code}", advice)
    if told.bytes != len(BODY):
        return bad("body", f"only {told.bytes} bytes of a body of {size} arrived", advice)
    return good("body", f"a body of {size} arrives complete")


def judge_tls(url: str, patience: float) -> Finding:
    """Whether the address is secure, and for how long its certificate lasts. Connects: call off the loop."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        return _judge_plain(parts.hostname or "")
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), patience) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) as secure,
        ):
            ends = str((secure.getpeercert() or {})["notAfter"])
    except ssl.SSLCertVerificationError as error:
        return bad(
            "tls",
            f"the certificate is not trusted: {error.verify_message}",
            "Install a certificate for this host name.",
        )
    except OSError as error:
        return bad("tls", f"the TLS connection failed: {error.strerror or error}", "Check the proxy's TLS settings.")
    days = int((ssl.cert_time_to_seconds(ends) - datetime.now(UTC).timestamp()) / DAY_SECONDS)
    if days < CERTIFICATE_DAYS:
        return warning("tls", f"the certificate expires in {days} days", "Renew it, preferably automatically (ACME).")
    return good("tls", f"the certificate is trusted and expires in {days} days")


def _judge_plain(host: str) -> Finding:
    if host == "localhost" or _is_loopback(host):
        return good("tls", "not needed on this machine")
    return bad("tls", "the address does not use https", "Use https. Without it operators cannot sign in.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
