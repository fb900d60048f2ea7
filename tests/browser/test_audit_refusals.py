"""A page that cannot be audited is reported in one clear line and in time."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from crumbless.storage_auditor import page_open
from crumbless.storage_auditor.audit_run import AuditOptions, StorageAudit, run_storage_audit
from crumbless.storage_auditor.browser_start import StorageAuditError, started_browser
from support.apart import run_apart
from support.browser import find_chromium
from support.fixture_site import FixturePage, FixtureSite, plain_page

SIGN_IN = "<form><input type=text name=user><input type=password></form>"

PAGES = {
    "/loop": FixturePage(status=302, headers=[("location", "/loop")]),
    "/script-loop": plain_page("location.href = '/script-loop?' + Math.random()"),
    "/forbidden": FixturePage(status=403),
    "/wants-sign-in": FixturePage(status=401),
    "/account": FixturePage(status=302, headers=[("location", "/sign-in")]),
    "/sign-in": plain_page(html=SIGN_IN),
    "/missing": FixturePage(status=404),
    "/missing-with-words": FixturePage(status=404, body="<h1>Not found</h1>"),
    "/elsewhere": FixturePage(status=302, headers=[("location", "{other}/home")]),
    "/home": plain_page(),
    "/download": FixturePage(kind="application/zip", headers=[("content-disposition", "attachment; filename=a.zip")]),
    "/text": FixturePage(kind="text/plain", body="words"),
    "/silent": FixturePage(waits=8),
    "/busy": plain_page("for (;;);"),
}

ERROR_SPECS = {
    "/loop": "redirects in a loop",
    "/script-loop": "redirects in a loop",
    "/forbidden": "requires a sign-in (403)",
    "/wants-sign-in": "requires a sign-in (401)",
    "/account": "asks for a password",
    "/sign-in": "asks for a password",
    "/missing": "responds with status 404",
    "/missing-with-words": "responds with status 404",
    "/elsewhere": "leads to another website",
    "/download": "is a download",
    "/text": "not a web page but text/plain",
    "/silent": "did not load within 4 seconds",
    "/busy": "did not load within 4 seconds",
}

NEVER_LOAD = ("/silent", "/busy")

INVALID = "not the address of a web page"
ADDRESSES = {
    "http://nowhere.invalid/": "no such host",
    "file:///etc/passwd": INVALID,
    "http://": INVALID,
    "javascript://x/%0aalert(1)": INVALID,
    "http://[::1": INVALID,
    "about:blank": INVALID,
}
"""Addresses of no page of the site, and the errors."""


@pytest.fixture(scope="module")
def site() -> Iterator[FixtureSite]:
    made = FixtureSite()
    made.pages = PAGES
    yield made
    made.close()


def outcome(options: AuditOptions) -> str:
    """Return the result of an audit in a separate browser: its error, or "done"."""
    try:
        report = run_apart(run_storage_audit(options))
    except StorageAuditError as error:
        return str(error)
    return ", ".join(one.status for one in report.phases)


def refusal_of(url: str, timeout: float = 60, chromium: Path | None = None) -> str:
    return outcome(AuditOptions(url=url, phases=("load",), timeout=timeout, chromium=chromium))


async def all_outcomes(site: FixtureSite) -> dict[str, str]:
    """Return the outcome for each page of the site, for each address, and for two faults of a connection."""
    path, few = find_chromium(), asyncio.Semaphore(4)
    found: dict[str, str] = {}

    async with async_playwright() as playwright, started_browser(playwright.chromium, path) as browser:

        async def audit(name: str, url: str) -> None:
            options = AuditOptions(url=url, phases=("load",))
            async with few:
                try:
                    report = await StorageAudit(options, playwright, browser, path, lambda _name, _status: None).run()
                except StorageAuditError as error:
                    found[name] = str(error)
                else:
                    found[name] = ", ".join(one.status for one in report.phases)

        urls = {name: site.url(name) for name in PAGES if name not in NEVER_LOAD}
        urls |= {url: url for url in ADDRESSES} | {"no TLS": site.url("/home").replace("http:", "https:")}
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            urls["refused"] = f"http://127.0.0.1:{taken.getsockname()[1]}/"
            await asyncio.gather(*(audit(name, url) for name, url in urls.items()))
        # Only pages that never load get the short deadline: on a busy machine it could end before any other outcome.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(page_open, "LOAD_SECONDS", 4.0)
            await asyncio.gather(*(audit(name, site.url(name)) for name in NEVER_LOAD))
    return found


@pytest.fixture(scope="module")
def outcomes(site: FixtureSite) -> dict[str, str]:
    return run_apart(all_outcomes(site))


@pytest.mark.parametrize(("name", "error"), [*ERROR_SPECS.items(), *ADDRESSES.items()])
def test_page_that_cannot_be_audited_is_reported(name: str, error: str, outcomes: dict[str, str]) -> None:
    assert error in outcomes[name]


def test_page_of_the_same_site_can_be_audited(outcomes: dict[str, str]) -> None:
    assert outcomes["/home"] == "done"


def test_page_with_a_password_field_can_be_audited_on_request(site: FixtureSite) -> None:
    assert outcome(AuditOptions(url=site.url("/sign-in"), phases=("load",), login_page=True)) == "done"


def test_audit_ends_at_its_deadline(site: FixtureSite) -> None:
    assert "did not end within 1 seconds" in refusal_of(site.url("/silent"), timeout=1)


def test_refused_connection_is_reported(outcomes: dict[str, str]) -> None:
    assert "the connection was refused" in outcomes["refused"]


def test_missing_tls_is_reported(outcomes: dict[str, str]) -> None:
    assert "TLS" in outcomes["no TLS"]


def test_missing_browser_is_reported(site: FixtureSite, tmp_path: Path) -> None:
    assert "no browser at" in refusal_of(site.url("/home"), chromium=tmp_path / "chromium")


def test_browser_that_does_not_start_is_reported(site: FixtureSite, tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    broken.chmod(0o755)
    assert "does not start" in refusal_of(site.url("/home"), chromium=broken)
