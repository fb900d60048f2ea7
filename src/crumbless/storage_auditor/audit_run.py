"""The audit: each phase in a fresh profile, two at a time, and then the comparison."""

import asyncio
import datetime
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import cast, get_args

import msgspec
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from crumbless.core.ids import now_ms
from crumbless.storage_auditor.audit_report import Asked, Phase, PhaseName, RegistryFound, Report
from crumbless.storage_auditor.browser_start import (
    StorageAuditError,
    blocked_profile,
    find_browser,
    fresh_profile,
    started_browser,
)
from crumbless.storage_auditor.browser_watch import Watch, in_time, with_fate
from crumbless.storage_auditor.declared_items import Declaration, read_declaration
from crumbless.storage_auditor.findings import find_breaches
from crumbless.storage_auditor.page_open import checked_url, open_page
from crumbless.storage_auditor.registry_find import find_declaration
from crumbless.storage_auditor.site_name import host_of, site_of
from crumbless.storage_auditor.visitor_acts import NotPossible, Selectors, Visitor

PHASES: tuple[PhaseName, ...] = get_args(PhaseName)

TITLES: dict[PhaseName, str] = {
    "load": "The page is loaded",
    "idle": "The visitor waits and scrolls",
    "open": "The visitor opens the chat",
    "send": "The visitor sends a message",
    "end": "The visitor ends the chat",
    "reject": "The visitor rejects everything",
    "accept": "The visitor accepts everything",
    "withdraw": "The visitor withdraws the consent",
    "gpc": "The browser sends Global Privacy Control",
    "second-visit": "The visitor returns",
    "storage-blocked": "The browser blocks storage",
}

POLL_SECONDS = 2.0
"""How long a launcher and a banner may take to appear on a page that is otherwise quiet."""

_USING = frozenset(PHASES) - {"load", "idle", "gpc"}
"""Phases in which the visitor uses the chat or the banner."""

GPC_SCRIPT = (
    "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true, configurable: true })"
)

ReportProgress = Callable[[PhaseName, str], None]
"""Told of a phase: "begun", or its status."""


class AuditOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of an audit.

    Args:
        url: the page.
        phases: which of the phases.
        registry: the declaration's file. None: request it from the website.
        first_party: hosts that count as the website's own.
        idle: seconds to wait and scroll.
        timeout: seconds for the whole audit.
        login_page: the page is one with a password field.
        chromium: the browser's path; None: find one.
    """

    url: str
    phases: tuple[PhaseName, ...] = PHASES
    registry: Path | None = None
    first_party: tuple[str, ...] = ()
    selectors: Selectors = Selectors()
    idle: float = 4.0
    timeout: float = 180.0
    login_page: bool = False
    chromium: Path | None = None


class StorageAudit:
    """One audit in a browser that runs."""

    def __init__(
        self,
        options: AuditOptions,
        playwright: Playwright,
        browser: Browser,
        browser_path: str | None,
        report: ReportProgress,
    ) -> None:
        self.options = options
        self.url = checked_url(options.url)
        self._playwright = playwright
        self._browser = browser
        self._path = browser_path
        self._report = report
        self._agent = ""
        self._landed = self.url
        self._own_hosts = {host_of(one) or one for one in options.first_party}
        self._chat = False
        self._banner = False

    async def run(self) -> Report:
        """Do it all. Raises StorageAuditError when it cannot be done."""
        began, started = time.monotonic(), datetime.datetime.fromtimestamp(now_ms() // 1000, datetime.UTC)
        declaration = read_declaration(self.options.registry) if self.options.registry else None
        await self._read_agent()
        first = await self._play("load", self._load)
        declaration, found = await self._declared(declaration, first)
        self._own_hosts |= set(declaration.hosts)
        phases = [first, *await self._play_rest()]
        for phase in phases:
            phase.requests = [_judged(one, self._is_first_party) for one in phase.requests]
        wanted = [one for one in phases if one.name in self.options.phases]
        return Report(
            url=self.url,
            landed=self._landed,
            started=started.isoformat(),
            seconds=round(time.monotonic() - began, 1),
            version=version("crumbless"),
            browser=f"Chromium {self._browser.version}",
            registry=found,
            first_party=sorted({site_of(host_of(self._landed)), *self._own_hosts}),
            phases=wanted,
            findings=find_breaches(wanted, declaration),
        )

    async def _read_agent(self) -> None:
        """Return the browser's user agent without "Headless", by which websites detect automation."""
        page = await self._browser.new_page()
        self._agent = str(await page.evaluate("navigator.userAgent")).replace("HeadlessChrome", "Chrome")
        await page.context.close()

    async def _declared(self, declaration: Declaration | None, first: Phase) -> tuple[Declaration, RegistryFound]:
        if declaration is None:
            return await find_declaration(self._landed, first.requests)
        return declaration, RegistryFound(sources=[str(self.options.registry)], items=len(declaration.items))

    def _is_first_party(self, host: str) -> bool:
        return not host or host in self._own_hosts or site_of(host) == site_of(host_of(self._landed))

    async def _play_rest(self) -> list[Phase]:
        """The other phases, two at a time, in their order. The first that fails ends them all."""
        two = asyncio.Semaphore(2)
        plays: dict[PhaseName, Callable[[Visitor, Watch], Awaitable[None]]] = {
            "idle": self._idle,
            "open": self._open,
            "send": self._send,
            "end": self._end,
            "reject": self._reject,
            "accept": self._accept,
            "withdraw": self._withdraw,
            "gpc": self._gpc,
            "second-visit": self._second_visit,
            "storage-blocked": self._storage_blocked,
        }

        async def play(name: PhaseName) -> Phase:
            async with two:
                return await self._play(name, plays[name])

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(play(name)) for name in plays if name in self.options.phases]
        except* StorageAuditError as failed:
            raise cast("StorageAuditError", failed.exceptions[0]) from None
        return [task.result() for task in tasks]

    async def _play(self, name: PhaseName, act: Callable[[Visitor, Watch], Awaitable[None]]) -> Phase:
        self._report(name, "begun")
        phase = Phase(name=name, title=TITLES[name])
        began = time.monotonic()
        try:
            async with self._profile(name) as context:
                await self._play_in(context, phase, act)
        except PlaywrightError as error:
            raise StorageAuditError(f"{TITLES[name]}: the browser reports: {error.message.splitlines()[0]}") from None
        except StorageAuditError as error:
            raise error if name == "load" else StorageAuditError(f"{TITLES[name]}: {error}") from None
        phase.seconds = round(time.monotonic() - began, 1)
        self._report(name, phase.status)
        return phase

    async def _play_in(
        self, context: BrowserContext, phase: Phase, act: Callable[[Visitor, Watch], Awaitable[None]]
    ) -> None:
        watch = Watch(context, self._is_first_party)
        await watch.begin()
        if phase.name == "gpc":
            await context.set_extra_http_headers({"Sec-GPC": "1"})
            await context.add_init_script(GPC_SCRIPT)
        page = await watch.new_page()
        visitor = Visitor(page, watch, self.options.selectors)
        try:
            await open_page(page, watch, self.url, self.options.login_page)
            await act(visitor, watch)
        except NotPossible as reason:
            phase.status, phase.reason = "not applicable", str(reason)
        await watch.quiet()
        await watch.settled()
        phase.kept = await watch.snapshot()
        phase.seen = with_fate(watch.seen)
        phase.leftover = phase.kept if phase.status == "done" else []
        phase.acts, phase.requests = watch.acts, watch.requests
        phase.notes = [f"Script error: {one.splitlines()[0][:200]}" for one in dict.fromkeys(watch.faults)]
        phase.screenshot = await _screenshot(context.pages[-1] if context.pages else page)

    @asynccontextmanager
    async def _profile(self, name: PhaseName) -> AsyncGenerator[BrowserContext]:
        if name == "storage-blocked":
            async with blocked_profile(self._playwright.chromium, self._path, self._agent) as context:
                yield context
        else:
            async with fresh_profile(self._browser, self._agent) as context:
                yield context

    async def _load(self, visitor: Visitor, _: Watch) -> None:
        self._landed = visitor.page.url
        if not _USING & set(self.options.phases):
            return
        deadline = time.monotonic() + POLL_SECONDS
        while not (self._chat and self._banner) and time.monotonic() < deadline:
            self._chat = self._chat or await visitor.sees_chat()
            self._banner = self._banner or await visitor.sees_banner()
            await asyncio.sleep(0.1)

    async def _idle(self, visitor: Visitor, _: Watch) -> None:
        await visitor.scroll(self.options.idle)

    async def _open(self, visitor: Visitor, watch: Watch) -> None:
        self._need_chat()
        await watch.snapshot()
        await visitor.open_chat()

    async def _send(self, visitor: Visitor, watch: Watch) -> None:
        await self._open(visitor, watch)
        await watch.quiet()
        await watch.snapshot()
        await visitor.send()

    async def _end(self, visitor: Visitor, watch: Watch) -> None:
        await self._send(visitor, watch)
        await watch.quiet()
        await watch.snapshot()
        await visitor.end_chat()

    async def _reject(self, visitor: Visitor, watch: Watch) -> None:
        self._need_banner()
        await watch.snapshot()
        await visitor.reject()

    async def _accept(self, visitor: Visitor, watch: Watch) -> None:
        self._need_banner()
        await watch.snapshot()
        await visitor.accept()

    async def _withdraw(self, visitor: Visitor, watch: Watch) -> None:
        await self._accept(visitor, watch)
        await watch.quiet()
        await watch.snapshot()
        await visitor.withdraw()

    async def _gpc(self, _visitor: Visitor, _: Watch) -> None:
        """Nothing more: what is written or asked for because of the signal shows."""

    async def _second_visit(self, visitor: Visitor, watch: Watch) -> None:
        await self._use(visitor, watch)
        await watch.quiet()
        await watch.snapshot()
        page = await watch.new_page()
        await visitor.page.close()
        await open_page(page, watch, self.url, self.options.login_page)

    async def _storage_blocked(self, visitor: Visitor, watch: Watch) -> None:
        await self._use(visitor, watch)

    async def _use(self, visitor: Visitor, watch: Watch) -> None:
        """Everything that a friendly visitor does, as far as the page has it."""
        if self._banner:
            await visitor.accept()
            await watch.quiet()
        if self._chat:
            await visitor.open_chat()
            await watch.quiet()
            await visitor.send()

    def _need_chat(self) -> None:
        if not self._chat and not self.options.selectors.open:
            raise NotPossible("no button that opens a chat was found (give its selector with --open)")

    def _need_banner(self) -> None:
        if not self._banner and not self.options.selectors.accept:
            raise NotPossible("no consent banner was found (give the selector of its button with --accept)")


def _judged(asked: Asked, is_first_party: Callable[[str], bool]) -> Asked:
    """Which hosts are the website's own is known only when its declaration is."""
    return msgspec.structs.replace(asked, third_party=not is_first_party(asked.host))


async def _screenshot(page: Page) -> bytes:
    try:
        return await in_time(page.screenshot(type="jpeg", quality=60, scale="css"), "its picture")
    except (PlaywrightError, StorageAuditError):
        return b""


async def run_storage_audit(options: AuditOptions, report: ReportProgress = lambda _name, _status: None) -> Report:
    """Audit a page in a separate browser.

    Raises:
        StorageAuditError: if the audit cannot run, or exceeds its deadline.
    """
    path = find_browser(options.chromium)
    try:
        async with (
            asyncio.timeout(options.timeout),
            async_playwright() as playwright,
            started_browser(playwright.chromium, path) as browser,
        ):
            return await StorageAudit(options, playwright, browser, path, report).run()
    except TimeoutError:
        raise StorageAuditError(
            f"The audit did not end within {options.timeout:.0f} seconds. Allow more time with --timeout."
        ) from None
