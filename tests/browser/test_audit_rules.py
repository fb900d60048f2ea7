"""The auditor finds each broken rule in each mechanism, and reports nothing on a website that breaks none."""

import asyncio
import re
from collections.abc import Iterator

import msgspec
import pytest
from playwright.async_api import async_playwright

from crumbless.storage_auditor.audit_report import Finding, Kind, PhaseName, Report
from crumbless.storage_auditor.audit_run import PHASES, AuditOptions, StorageAudit
from crumbless.storage_auditor.browser_start import started_browser
from support.apart import run_apart
from support.browser import find_chromium
from support.fixture_site import REGISTRY, FixturePage, FixtureSite, plain_page, shop_page


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A fault of a page, and the finding that it causes.

    Args: script: the fault. `act`: when the page commits it: `load` of the plain page, else an action in the shop.
    html: its markup. header: a cookie that the response sets. phase: where the finding appears.
    """

    kind: Kind
    mechanism: str
    key: str
    script: str = ""
    act: str = "load"
    html: str = ""
    header: str = ""
    phase: PhaseName = "load"

    @property
    def is_in_shop(self) -> bool:
        return self.phase != "load"


def undeclared(mechanism: str, key: str, script: str = "", html: str = "", header: str = "") -> Case:
    return Case(kind="UNDECLARED", mechanism=mechanism, key=key, script=script, html=html, header=header)


def breach(kind: Kind, mechanism: str, key: str, script: str = "", header: str = "") -> Case:
    return Case(kind=kind, mechanism=mechanism, key=key, script=script, header=header)


def third_party(kind: str, script: str = "", html: str = "") -> Case:
    return Case(kind="THIRD PARTY BEFORE CONSENT", mechanism=kind, key="127.0.0.1", script=script, html=html)


def in_shop(kind: Kind, mechanism: str, key: str, phase: PhaseName, act: str, script: str = "") -> Case:
    return Case(kind=kind, mechanism=mechanism, key=key, phase=phase, act=act, script=script)


def framed(path: str) -> str:
    return f'<iframe src="{{other}}{path}"></iframe>'


CASES: dict[str, Case] = {
    "cookie by header": undeclared("cookie", "by-header", header="by-header=1; max-age=60"),
    "HttpOnly cookie": undeclared("cookie", "hidden", header="hidden=1; HttpOnly"),
    "cookie by script": undeclared("cookie", "by-script", "document.cookie = 'by-script=1'"),
    "cookie by CookieStore": undeclared("cookie", "by-store", "cookieStore.set('by-store', '1')"),
    "cookie that is removed again": undeclared(
        "cookie", "removed", "document.cookie = 'removed=1'; document.cookie = 'removed=; max-age=0'"
    ),
    "partitioned cookie": undeclared("cookie", "part", html=framed("/partitioned")),
    "cookie that the browser blocks": undeclared("cookie", "third", html=framed("/blocked")),
    "localStorage": undeclared("localStorage", "id", "localStorage.id = 1"),
    "localStorage that is removed again": undeclared(
        "localStorage", "gone", "localStorage.setItem('gone', 1); localStorage.removeItem('gone')"
    ),
    "localStorage of a foreign frame": undeclared("localStorage", "framed", html=framed("/local")),
    "sessionStorage": undeclared("sessionStorage", "id", "sessionStorage.id = 1"),
    "IndexedDB": undeclared("IndexedDB", "id", "keepRecord('id', 1)"),
    "IndexedDB without a record": undeclared("IndexedDB", "u-17", "indexedDB.open('u-17')"),
    "Cache Storage": undeclared("Cache Storage", "id", "caches.open('id')"),
    "service worker": undeclared(
        "service worker", "/worker/", "navigator.serviceWorker.register('/worker.js', { scope: '/worker/' })"
    ),
    "file system": undeclared(
        "file system",
        "id",
        "navigator.storage.getDirectory().then((it) => it.getFileHandle('id', { create: true }))",
    ),
    "window.name": undeclared("window.name", "window.name", "window.name = 'id'"),
    "cookie before consent": breach("WRONG PHASE", "cookie", "_stats", "document.cookie = '_stats=1'"),
    "localStorage before a choice": breach("WRONG PHASE", "localStorage", "choice", "localStorage.choice = 'no'"),
    "IndexedDB before consent": breach("WRONG PHASE", "IndexedDB", "stats.db", "keepRecord('stats.db', 1)"),
    "cookie by header for too long": breach("TOO LONG", "cookie", "_theme", header="_theme=dark; max-age=7200"),
    "cookie by script for too long": breach(
        "TOO LONG",
        "cookie",
        "_looks",
        "document.cookie = '_looks=1; expires=' + new Date(Date.now() + 9e6).toUTCString()",
    ),
    "localStorage for too long": breach(
        "TOO LONG",
        "localStorage",
        "theme",
        "localStorage.theme = JSON.stringify({ v: 1, until: Date.now() + 90 * 86400e3 })",
    ),
    "sessionStorage for too long, in seconds": breach(
        "TOO LONG",
        "sessionStorage",
        "theme.tab",
        "sessionStorage['theme.tab'] = JSON.stringify({ exp: Date.now() / 1000 + 7200 })",
    ),
    "IndexedDB for too long": breach(
        "TOO LONG", "IndexedDB", "theme.db", "keepRecord('theme.db', { until: Date.now() + 7200e3 })"
    ),
    "image": third_party("image", "new Image().src = other + '/count.gif'"),
    "script": third_party(
        "script", "document.head.append(Object.assign(document.createElement('script'), { src: other + '/t.js' }))"
    ),
    "fetch": third_party("fetch", "fetch(other + '/t', { mode: 'no-cors' })"),
    "beacon": third_party("ping", "navigator.sendBeacon(other + '/t', 'x')"),
    "WebSocket": third_party("websocket", "new WebSocket(other.replace('http', 'ws') + '/t')"),
    "frame": third_party("document", html=framed("/empty")),
    "on scroll": in_shop(
        "WRONG PHASE",
        "sessionStorage",
        "chat.open",
        "idle",
        "load",
        "addEventListener('scroll', () => { if (can) sessionStorage['chat.open'] = 1 })",
    ),
    "session on open, before a message": in_shop(
        "WRONG PHASE", "sessionStorage", "chat.session", "open", "open", "if (can) sessionStorage['chat.session'] = 1"
    ),
    "after reject": in_shop("WRONG PHASE", "localStorage", "stats", "reject", "no", "localStorage.stats = 1"),
    "third party after reject": in_shop(
        "THIRD PARTY BEFORE CONSENT", "image", "127.0.0.1", "reject", "no", "new Image().src = other + '/no.gif'"
    ),
    "because of Global Privacy Control": in_shop(
        "UNDECLARED", "localStorage", "gpc", "gpc", "load", "if (navigator.globalPrivacyControl) localStorage.gpc = 1"
    ),
    "on the second visit": in_shop(
        "UNDECLARED",
        "localStorage",
        "visits",
        "second-visit",
        "load",
        "if (can && localStorage.choice) localStorage.visits = 2",
    ),
    "cookie where storage is blocked": in_shop(
        "UNDECLARED", "cookie", "tried", "storage-blocked", "load", "if (!can) document.cookie = 'tried=1'"
    ),
    "cookie left after withdrawing": in_shop("NOT CLEARED", "cookie", "_stats", "withdraw", "keeps"),
    "localStorage left after withdrawing": in_shop("NOT CLEARED", "localStorage", "stats", "withdraw", "keeps"),
    "third party after withdrawing": in_shop(
        "THIRD PARTY BEFORE CONSENT",
        "ping",
        "127.0.0.1",
        "withdraw",
        "withdraw",
        "navigator.sendBeacon(other + '/bye', 'x')",
    ),
    "sessionStorage left after the end": in_shop("NOT CLEARED", "sessionStorage", "chat.session", "end", "stays"),
    "IndexedDB left after the end": in_shop("NOT CLEARED", "IndexedDB", "chat.key", "end", "stays"),
}


def plain_faults() -> FixturePage:
    """Return one page with all faults of the load. Each has a separate key."""
    cases = [case for case in CASES.values() if not case.is_in_shop]
    return plain_page(
        ";\n".join(case.script for case in cases),
        *(case.header for case in cases if case.header),
        html="".join(case.html for case in cases),
    )


def shop_faults() -> FixturePage:
    """Return one shop with all faults of the actions."""
    cases = [case for case in CASES.values() if case.is_in_shop]
    acts = dict.fromkeys(case.act for case in cases)
    bodies = {act: "; ".join(case.script for case in cases if case.act == act) for act in acts}
    return shop_page("{ " + ", ".join(f"{act}: () => {{ {body} }}" for act, body in bodies.items()) + " }")


PAGES = {
    "/partitioned": plain_page("", "part=1; SameSite=None; Secure; Partitioned; Path=/"),
    "/blocked": plain_page("", "third=1; SameSite=None; Secure; Path=/"),
    "/local": plain_page("localStorage.framed = 1"),
    "/empty": plain_page(),
    "/worker.js": FixturePage(kind="text/javascript", body="onfetch = () => undefined"),
    "/storage.json": FixturePage(kind="application/json", body=REGISTRY),
    "/count.gif": FixturePage(kind="image/gif"),
    "/plain": plain_faults(),
    "/shop": shop_faults(),
    "/clean": shop_page(),
}

WISHES: dict[str, tuple[PhaseName, ...]] = {"plain": ("load",), "shop": PHASES, "clean": PHASES}


@pytest.fixture(scope="module")
def site() -> Iterator[FixtureSite]:
    made = FixtureSite()
    made.pages = PAGES
    yield made
    made.close()


async def audit_all(site: FixtureSite) -> dict[str, Report]:
    """Load all pages in one browser at the same time, because an audit mostly waits."""
    path = find_chromium()

    async with async_playwright() as playwright, started_browser(playwright.chromium, path) as browser:

        async def audit(name: str) -> Report:
            options = AuditOptions(url=site.url(f"/{name}"), phases=WISHES[name], idle=1.0)
            return await StorageAudit(options, playwright, browser, path, lambda _name, _status: None).run()

        return dict(zip(WISHES, await asyncio.gather(*map(audit, WISHES)), strict=True))


@pytest.fixture(scope="module")
def reports(site: FixtureSite) -> dict[str, Report]:
    return run_apart(audit_all(site))


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 20
    assert {case.kind for case in CASES.values()} == {
        "UNDECLARED",
        "WRONG PHASE",
        "TOO LONG",
        "NOT CLEARED",
        "THIRD PARTY BEFORE CONSENT",
    }


@pytest.mark.parametrize("name", CASES)
def test_broken_rule_is_found(name: str, reports: dict[str, Report]) -> None:
    case = CASES[name]
    report = reports["shop" if case.is_in_shop else "plain"]
    assert [(one.status, one.reason) for one in report.phases if one.name == case.phase] == [("done", "")]
    found = [one for one in report.findings if names_of(one) == (case.kind, case.mechanism, case.key)]
    assert found, report.findings
    assert case.phase in {phase for one in found for phase in one.phases}


def names_of(finding: Finding) -> tuple[str, str, str]:
    """Return a finding's names, without the address of the fixture."""
    return finding.kind, finding.mechanism, re.sub(r"^http://localhost:\d+", "", finding.key)


def test_allowed_items_on_a_page_with_faults_are_not_reported(reports: dict[str, Report]) -> None:
    expected = {(case.kind, case.mechanism, case.key) for case in CASES.values() if not case.is_in_shop}
    assert set(map(names_of, reports["plain"].findings)) == expected


def test_clean_website_is_clean_in_every_phase(reports: dict[str, Report]) -> None:
    report = reports["clean"]
    assert [(one.name, one.status, one.reason) for one in report.phases] == [(one, "done", "") for one in PHASES]
    assert report.findings == []
    stored = {(one.mechanism, one.key) for phase in report.phases for one in phase.seen}
    assert {("cookie", "_stats"), ("IndexedDB", "chat.key"), ("sessionStorage", "chat.session")} <= stored
    assert any(one.third_party for phase in report.phases for one in phase.requests)


def test_report_names_items_that_the_browser_blocked(reports: dict[str, Report]) -> None:
    seen = reports["plain"].phases[0].seen
    assert [one.blocked for one in seen if one.key == "third"] == [True]
    part = [one for one in reports["plain"].phases[0].seen if one.key == "part"]
    assert {(one.blocked, one.partition) for one in part} == {(False, "localhost")}


def test_request_is_reported_with_its_initiator(reports: dict[str, Report]) -> None:
    asked = [one for one in reports["plain"].phases[0].requests if one.kind == "script" and one.third_party]
    assert [one.initiator.partition("/plain")[1] for one in asked] == ["/plain"]
