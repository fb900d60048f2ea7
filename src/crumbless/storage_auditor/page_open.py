"""Opens a page, and rejects pages that cannot be audited."""

import asyncio
import re
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Page, Response
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from crumbless.storage_auditor.browser_start import StorageAuditError
from crumbless.storage_auditor.browser_watch import Watch, in_time
from crumbless.storage_auditor.site_name import host_of, site_of

LOAD_SECONDS = 30.0
MAX_NAVIGATIONS = 5
"""A page that navigates by script more often than this while it loads redirects in a loop."""

HTML = "text/html"

_FAULTS = (
    ("ERR_NAME_NOT_RESOLVED", "there is no such host; check the address"),
    ("ERR_CONNECTION_REFUSED", "the connection was refused; is the server running?"),
    ("ERR_TOO_MANY_REDIRECTS", "it redirects in a loop"),
    ("ERR_CERT_|ERR_SSL_", "its TLS certificate or connection is invalid ({code})"),
    ("ERR_EMPTY_RESPONSE|ERR_CONNECTION_", "the connection was closed ({code})"),
    ("ERR_INVALID_|ERR_RESPONSE_HEADERS", "its response is not HTTP ({code})"),
    ("Download is starting|ERR_ABORTED", "it is a download, not a page"),
)

ASKS_SIGN_IN = "() => [...document.querySelectorAll('input[type=password]')].some((one) => one.checkVisibility())"


def checked_url(url: str) -> str:
    """An address that can be audited; `example.com` means https://example.com/.

    Raises:
        StorageAuditError: when it is not one of a web page.
    """
    whole = url if "://" in url else f"https://{url}"
    try:
        parts = urlsplit(whole)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
            raise ValueError
    except ValueError:
        raise StorageAuditError(
            f"{url} is not the address of a web page; use an address such as https://example.com/."
        ) from None
    return whole


async def open_page(page: Page, watch: Watch, url: str, login_page: bool) -> None:
    """Go there, and wait until it has loaded and nothing is asked for any more.

    Args:
        page: a tab.
        watch: knows when it is quiet.
        url: where to go.
        login_page: whether a page with a password field is what is wanted.

    Raises:
        StorageAuditError: when it cannot be audited: never loads, goes in a circle, wants a sign-in, is a download.
    """
    navigations = _Navigations(page)
    answers: list[Response] = []
    page.on("response", lambda one: answers.append(one) if _is_the_page(one, page) else None)
    try:
        await _go(page, url, navigations)
    except StorageAuditError as error:
        # The errors of an empty response and of a page that never rests are less precise than its status or path.
        _check_status(url, answers)
        if max(navigations.count, len(answers)) > MAX_NAVIGATIONS:
            raise _circle(url) from None
        raise error from None
    _check_answer(url, answers)
    try:
        await watch.quiet()
        if navigations.count > MAX_NAVIGATIONS:
            raise _circle(url)
        _check_place(url, page.url)
        if not login_page and await in_time(page.evaluate(ASKS_SIGN_IN), "whether it asks for a password"):
            raise StorageAuditError(
                f"{url} cannot be audited: {page.url} asks for a password. To audit that page, add --login-page."
            )
    except PlaywrightError as error:
        if navigations.count > 2:
            raise _circle(url) from None
        raise StorageAuditError(f"{url} cannot be audited: {error.message.splitlines()[0]}") from None


def _circle(url: str) -> StorageAuditError:
    return StorageAuditError(f"{url} cannot be audited: it redirects in a loop.")


def _is_the_page(answer: Response, page: Page) -> bool:
    try:
        return answer.request.is_navigation_request() and answer.frame == page.main_frame
    except PlaywrightError:
        # A service worker's.
        return False


class _Navigations:
    """Counts the navigations of a tab, and sets `too_many` when there are more than MAX_NAVIGATIONS."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.count = 0
        self.too_many = asyncio.Event()
        page.on("framenavigated", self._navigated)

    def _navigated(self, frame: Frame) -> None:
        self.count += frame == self._page.main_frame
        if self.count > MAX_NAVIGATIONS:
            self.too_many.set()


async def _go(page: Page, url: str, navigations: _Navigations) -> None:
    # The browser's own deadline, and ours for a page whose script never yields.
    going = asyncio.ensure_future(page.goto(url, wait_until="load", timeout=LOAD_SECONDS * 1000))
    looped = asyncio.ensure_future(navigations.too_many.wait())
    try:
        await asyncio.wait({going, looped}, timeout=LOAD_SECONDS + 5, return_when=asyncio.FIRST_COMPLETED)
        if looped.done():
            # A loop's page never finishes loading: nothing is gained by waiting for the deadline.
            raise _circle(url)
        if not going.done():
            raise TimeoutError
        await going
    except (PlaywrightTimeoutError, TimeoutError):
        raise StorageAuditError(
            f"{url} cannot be audited: it did not load within {LOAD_SECONDS:.0f} seconds."
        ) from None
    except PlaywrightError as error:
        raise StorageAuditError(f"{url} cannot be audited: {_reason(error.message)}.") from None
    finally:
        looped.cancel()
        going.cancel()
        await asyncio.gather(going, looped, return_exceptions=True)


def _reason(message: str) -> str:
    code = found[0] if (found := re.search(r"ERR_\w+", message)) else ""
    told = (words.format(code=code) for fault, words in _FAULTS if re.search(fault, message))
    return next(told, message.splitlines()[0])


def _check_answer(url: str, answers: list[Response]) -> None:
    _check_status(url, answers)
    kind = answers[-1].headers.get("content-type", HTML).partition(";")[0].strip().lower() if answers else HTML
    if kind not in {HTML, "application/xhtml+xml"}:
        raise StorageAuditError(f"{url} cannot be audited: it is not a web page but {kind}.")


def _check_status(url: str, answers: list[Response]) -> None:
    if not answers:
        return
    response = answers[-1]
    if response.status in {401, 403}:
        raise StorageAuditError(f"{url} cannot be audited: it requires a sign-in ({response.status}).")
    if response.status >= 400:
        raise StorageAuditError(
            f"{url} cannot be audited: it responds with status {response.status}. Check the address."
        )


def _check_place(url: str, landed: str) -> None:
    if site_of(host_of(landed)) != site_of(host_of(url)):
        raise StorageAuditError(
            f"{url} cannot be audited: it leads to another website, {landed}. To audit that one, give its address."
        )
