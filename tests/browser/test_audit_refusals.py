"""What cannot be audited is said, in one clear line and in time: never a hang."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from crumbless.audit import page_open
from crumbless.audit.audit_run import AuditOptions, StorageAudit, run_storage_audit
from crumbless.audit.browser_start import StorageAuditError, started_browser
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
    "/forbidden": "wants a sign-in (403)",
    "/wants-sign-in": "wants a sign-in (401)",
    "/account": "asks for a password",
    "/sign-in": "asks for a password",
    "/missing": "answers 404",
    "/missing-with-words": "answers 404",
    "/elsewhere": "leads to another website",
    "/download": "is a download",
    "/text": "not a web page but text/plain",
    "/silent": "did not load within 4 seconds",
    "/busy": "did not load within 4 seconds",
}


@pytest.fixture(scope="module")
def site() -> Iterator[FixtureSite]:
    made = FixtureSite()
    made.pages = PAGES
    yield made
    made.close()


@pytest.fixture(autouse=True)
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_open, "LOAD_SECONDS", 4.0)


def outcome(wish: AuditOptions) -> str:
    """What an audit of its own browser says: its error, or that it was done."""
    try:
        report = asyncio.run(run_storage_audit(wish))
    except StorageAuditError as error:
        return str(error)
    return ", ".join(one.status for one in report.phases)


def refusal_of(url: str, timeout: float = 60, chromium: Path | None = None) -> str:
    return outcome(AuditOptions(url=url, phases=("load",), timeout=timeout, chromium=chromium))


async def all_outcomes(site: FixtureSite) -> dict[str, str]:
    path, few = find_chromium(), asyncio.Semaphore(4)

    async with async_playwright() as playwright, started_browser(playwright.chromium, path) as browser:

        async def audit(name: str) -> str:
            wish = AuditOptions(url=site.url(name), phases=("load",))
            async with few:
                try:
                    report = await StorageAudit(wish, playwright, browser, path, lambda _name, _status: None).run()
                except StorageAuditError as error:
                    return str(error)
            return ", ".join(one.status for one in report.phases)

        return dict(zip(PAGES, await asyncio.gather(*map(audit, PAGES)), strict=True))


@pytest.fixture(scope="module")
def outcomes(site: FixtureSite) -> Iterator[dict[str, str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_open, "LOAD_SECONDS", 4.0)
        yield asyncio.run(all_outcomes(site))


@pytest.mark.parametrize("path", ERROR_SPECS)
def test_a_page_that_cannot_be_audited(path: str, outcomes: dict[str, str]) -> None:
    assert ERROR_SPECS[path] in outcomes[path]


def test_a_page_beside_them_can_be(outcomes: dict[str, str]) -> None:
    assert outcomes["/home"] == "done"


def test_a_page_with_a_password_field_can_be_asked_for(site: FixtureSite) -> None:
    assert outcome(AuditOptions(url=site.url("/sign-in"), phases=("load",), login_page=True)) == "done"


def test_the_whole_audit_has_a_deadline(site: FixtureSite) -> None:
    assert "did not end within 1 seconds" in refusal_of(site.url("/silent"), timeout=1)


def test_nobody_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert "nothing answers there" in refusal_of(f"http://127.0.0.1:{taken.getsockname()[1]}/")


def test_there_is_no_such_host() -> None:
    assert "no such host" in refusal_of("http://nowhere.invalid/")


def test_no_tls_where_it_is_asked_for(site: FixtureSite) -> None:
    assert "TLS" in refusal_of(site.url("/home").replace("http:", "https:"))


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://", "javascript://x/%0aalert(1)", "http://[::1", "about:blank"]
)
def test_what_is_no_address_of_a_page(url: str) -> None:
    assert "not the address of a web page" in refusal_of(url)


def test_there_is_no_browser(site: FixtureSite, tmp_path: Path) -> None:
    assert "no browser at" in refusal_of(site.url("/home"), chromium=tmp_path / "chromium")


def test_a_browser_that_does_not_start(site: FixtureSite, tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    broken.chmod(0o755)
    assert "does not start" in refusal_of(site.url("/home"), chromium=broken)
