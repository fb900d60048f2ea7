"""Starts Chromium with an empty profile."""

import json
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, BrowserType
from playwright.async_api import Error as PlaywrightError

from crumbless.core.errors import CrumblessError

# Many consent banners hide from automated browsers. Playwright disables the partitioning of storage. This list of
# features replaces Playwright's, so that frames store items as in an ordinary browser. Without the popups of the
# address bar, each profile takes 0.9 s less of a processor.
ARGUMENTS = [
    "--disable-blink-features=AutomationControlled",
    "--disable-features=Translate,WebUIOmniboxPopup,WebUIOmniboxFullPopup,WebUIOmniboxAimPopup",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]

_SITE_DATA_BLOCKED = {"profile": {"default_content_setting_values": {"cookies": 2}}}
"""Chromium's setting "Don't allow sites to save data on your device"."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")


class StorageAuditError(CrumblessError):
    """The audit cannot run. The message contains the reason and a remedy."""


def find_browser(named: Path | None) -> str | None:
    """The browser's path: the one named, CRUMBLESS_TEST_CHROMIUM, one on PATH; None leaves it to Playwright.

    Raises:
        StorageAuditError: when the browser named is not there.
    """
    wanted = str(named) if named else os.environ.get("CRUMBLESS_TEST_CHROMIUM")
    if wanted:
        if found := shutil.which(wanted):
            return found
        raise StorageAuditError(f"There is no browser at {wanted}. Give the path of one with --chromium.")
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def _arguments() -> list[str]:
    # As root, in most containers, Chromium cannot have its sandbox.
    return [*ARGUMENTS, *(["--no-sandbox"] if hasattr(os, "getuid") and not os.getuid() else [])]


@asynccontextmanager
async def started_browser(chromium: BrowserType, path: str | None) -> AsyncGenerator[Browser]:
    """Start a browser, and close it afterwards. Each of its contexts is a fresh profile.

    Raises:
        StorageAuditError: if no browser starts.
    """
    try:
        browser = await chromium.launch(executable_path=path, args=_arguments())
    except PlaywrightError as error:
        raise _no_start(path, error) from None
    try:
        yield browser
    finally:
        await browser.close()


@asynccontextmanager
async def fresh_profile(browser: Browser, user_agent: str) -> AsyncGenerator[BrowserContext]:
    """A profile in a running browser, thrown away afterwards."""
    context = await browser.new_context(user_agent=user_agent)
    try:
        yield context
    finally:
        await context.close()


@asynccontextmanager
async def blocked_profile(chromium: BrowserType, path: str | None, user_agent: str) -> AsyncGenerator[BrowserContext]:
    """Start a browser whose profile blocks all site data. It is a separate browser, because this is a profile setting.

    Raises:
        StorageAuditError: if it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="crumbless-audit-", ignore_cleanup_errors=True) as folder:
        preferences = Path(folder) / "Default" / "Preferences"
        preferences.parent.mkdir()
        preferences.write_text(json.dumps(_SITE_DATA_BLOCKED), encoding="utf-8")
        try:
            context = await chromium.launch_persistent_context(
                folder, executable_path=path, args=_arguments(), user_agent=user_agent
            )
        except PlaywrightError as error:
            raise _no_start(path, error) from None
        try:
            yield context
        finally:
            await context.close()


def _no_start(path: str | None, error: PlaywrightError) -> StorageAuditError:
    if path is None:
        return StorageAuditError(
            "There is no Chromium on this machine. Install it with `playwright install chromium`, "
            "or give its path with --chromium."
        )
    return StorageAuditError(f"{path} does not start: {error.message.splitlines()[0]}")
