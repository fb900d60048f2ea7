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
        return bad("reach", f"no answer from {url}: {_reason(error)}", "Check name, port, firewall and proxy."), None, 0
    middle = (began + time.time()) / 2
    if answer.status_code == 421:
        advice = (
            f"Let the proxy pass the Host header on unchanged, or add its name to CRUMBLESS_ALLOWED_HOSTS. {PROXY_HINT}"
        )
        return bad("reach", "the request arrived with another Host than the public address", advice), None, 0
    try:
        told = msgspec.json.decode(answer.content, type=ConnectionCheckResponse)
    except msgspec.MsgspecError:
        said = f"something answers with status {answer.status_code}, but it is not Crumbless"
        return bad("reach", said, f"Let the proxy pass every path on to Crumbless. {PROXY_HINT}"), None, 0
    milliseconds = answer.elapsed.total_seconds() * 1000
    return good("reach", f"Crumbless answers in {milliseconds:.0f} ms"), told, told.at / 1000 - middle


def judge_address(url: str, told: ConnectionCheckResponse) -> Finding:
    """Whether the server knows the address by which it is reached: proofs and links name it."""
    if told.address == url:
        return good("address", "the public address of the settings is this one")
    return bad(
        "address",
        f"the server believes that it is reached at {told.address}",
        f"Set CRUMBLESS_PUBLIC_URL={url}, or everything that signs in will be refused.",
    )


def judge_clock(ahead: float) -> Finding:
    """Whether both clocks agree."""
    if abs(ahead) <= CLOCK_SECONDS:
        return good("clock", "the server's clock agrees with this one")
    direction = "ahead of" if ahead > 0 else "behind"
    return warning(
        "clock",
        f"the server's clock is {abs(ahead):.0f} s {direction} this one",
        "Let the wrong one follow a time server (NTP): times in the chat and codes of authenticator apps depend on it.",
    )


def judge_proxy(told: ConnectionCheckResponse) -> Finding:
    """Whether limits count people or the proxy."""
    if told.forwarded and not told.trusted:
        return bad(
            "proxy",
            "a proxy names the clients' addresses, and the server does not believe it: all people share one limit",
            "Put the proxy's address or network into CRUMBLESS_TRUSTED_PROXIES.",
        )
    if told.trusted and not told.forwarded:
        return bad(
            "proxy",
            "the trusted proxy does not name the clients' addresses: all people share one limit",
            f"Let the proxy send X-Forwarded-For. {PROXY_HINT}",
        )
    return good("proxy", "a trusted proxy names the clients' addresses" if told.trusted else "no proxy names itself")


async def judge_answers(http: httpx.AsyncClient, url: str, first: ConnectionCheckResponse) -> list[Finding]:
    """Check whether a proxy caches responses, adds cookies or removes headers."""
    try:
        again = await http.get(f"{url}/v1/check")
        page = await http.get(f"{url}/desk/")
    except httpx.HTTPError as error:
        return [bad("cache", f"a second request broke off: {_reason(error)}", PROXY_HINT)]
    return [_judge_cache(first, again), _judge_cookies(again, page), _judge_headers(again, page)]


def _judge_cache(first: ConnectionCheckResponse, again: httpx.Response) -> Finding:
    advice = f"Let proxy and CDN obey Cache-Control: no-store below /v1/. {PROXY_HINT}"
    if f'"{first.draw}"' in again.text:
        return bad("cache", "a second request got the first one's answer: something keeps answers", advice)
    if "no-store" not in again.headers.get("cache-control", ""):
        return bad("cache", "Cache-Control: no-store was taken from an answer", advice)
    return good("cache", "nothing keeps answers of the API")


def _judge_cookies(*answers: httpx.Response) -> Finding:
    name = "cookie"
    if not any("set-cookie" in answer.headers for answer in answers):
        return good(name, "nothing on the way sets a cookie")
    return bad(
        name,
        "something on the way sets a cookie; Crumbless never does",
        "Turn off sticky sessions by cookie and bot protection by cookie in the proxy or CDN.",
    )


def _judge_headers(again: httpx.Response, page: httpx.Response) -> Finding:
    missing = [name for name in SAFETY_HEADERS if name not in page.headers]
    missing += [] if "dpop-nonce" in again.headers else ["dpop-nonce"]
    if not missing:
        return good("headers", "safety headers arrive as they were sent")
    return bad(
        "headers", f"something takes headers away: {', '.join(missing)}", "Let the proxy pass headers on unchanged."
    )


async def judge_body(http: httpx.AsyncClient, url: str) -> Finding:
    """Whether a body of the largest size that the API takes comes through."""
    size = f"{len(BODY) // 1024} KiB"
    advice = f"Let the proxy take bodies of 6 MiB at least (nginx: client_max_body_size 6m). {PROXY_HINT}"
    try:
        answer = await http.post(f"{url}/v1/check", content=BODY, headers={"content-type": "application/octet-stream"})
    except httpx.HTTPError as error:
        return bad("body", f"a body of {size} did not come through: {_reason(error)}", advice)
    try:
        told = msgspec.json.decode(answer.content, type=ConnectionCheckResponse)
    except msgspec.MsgspecError:
        return bad("body", f"a body of {size} was refused on the way, with status {answer.status_code}", advice)
    if told.bytes != len(BODY):
        return bad("body", f"of a body of {size} only {told.bytes} bytes arrived", advice)
    return good("body", f"a body of {size} comes through whole")


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
        return bad("tls", f"the certificate is not trusted: {error.verify_message}", "Install one for this very name.")
    except OSError as error:
        return bad("tls", f"no secure connection: {error.strerror or error}", "Check the proxy's TLS settings.")
    days = int((ssl.cert_time_to_seconds(ends) - datetime.now(UTC).timestamp()) / DAY_SECONDS)
    if days < CERTIFICATE_DAYS:
        return warning("tls", f"the certificate ends in {days} days", "Renew it, best by a program (ACME).")
    return good("tls", f"the certificate is trusted for another {days} days")


def _judge_plain(host: str) -> Finding:
    if host == "localhost" or _is_loopback(host):
        return good("tls", "not needed on this machine itself")
    return bad("tls", "the address is not https", "Serve it by https: without it nobody can sign in to the desk.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
