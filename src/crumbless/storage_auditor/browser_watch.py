"""Records one profile: requests, sockets, cookies, attempts to write, and the contents of its stores."""

import asyncio
import json
import math
import re
import time
from collections.abc import Awaitable, Callable, Coroutine
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from playwright.async_api import BrowserContext, Frame, Page, Request, Response, WebSocket
from playwright.async_api import Error as PlaywrightError

from crumbless.core.ids import now_ms
from crumbless.storage_auditor.audit_report import Act, Asked, StorageItem
from crumbless.storage_auditor.browser_start import StorageAuditError
from crumbless.storage_auditor.site_name import host_of, site_of

STEP_SECONDS = 15.0
"""A page that has not answered by then never will."""

QUIET_SECONDS = 0.4
QUIET_DEADLINE_SECONDS = 6.0
"""A page that never stops asking is looked at all the same."""

_SCRIPTS = Path(__file__).parent / "scripts"
RECORDER = (_SCRIPTS / "recorder.js").read_text(encoding="utf-8")
SNAPSHOT = (_SCRIPTS / "snapshot.js").read_text(encoding="utf-8")

_ENDS = ("until", "exp", "expires", "expiresAt")
"""Fields of stored JSON that contain its expiry, in seconds or milliseconds since 1970."""

T = TypeVar("T")


async def in_time(operation: Awaitable[T], what: str, seconds: float = STEP_SECONDS) -> T:
    """Return the result of a step. Raises StorageAuditError if it takes too long."""
    try:
        return await asyncio.wait_for(operation, seconds)
    except TimeoutError:
        raise StorageAuditError(f"The page did not respond within {seconds:.0f} seconds: {what}.") from None


class Watch:
    """Everything seen in one profile.

    Args:
        context: the profile, before its first page.
        is_first_party: whether a host belongs to the website.
    """

    def __init__(self, context: BrowserContext, is_first_party: Callable[[str], bool]) -> None:
        self.context = context
        self.acts: list[Act] = []
        self.seen: list[StorageItem] = []
        self.requests: list[Asked] = []
        self.faults: list[str] = []
        self._is_first_party = is_first_party
        self._known: dict[tuple[str, ...], StorageItem] = {}
        self._pending: set[Request] = set()
        self._last_change = time.monotonic()
        self._reads: set[asyncio.Task[None]] = set()
        self._initiators: dict[str, str] = {}

    async def begin(self) -> None:
        """Watch every page from now on."""
        await self.context.expose_binding("crumblessAuditTell", self._on_write)  # pyright: ignore[reportUnknownMemberType]
        await self.context.add_init_script(RECORDER)
        self.context.on("request", self._on_request)
        self.context.on("requestfinished", self._on_request_end)
        self.context.on("requestfailed", self._on_request_end)
        self.context.on("response", self._on_response)
        self.context.on("page", self._watch_page)
        self.context.on("weberror", lambda error: self.faults.append(str(error.error)))

    async def new_page(self) -> Page:
        """A tab, watched from before its first request."""
        page = await in_time(self.context.new_page(), "a new tab")
        session = await self.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._on_initiator)
        await session.send("Network.enable")  # pyright: ignore[reportUnknownMemberType]
        return page

    def did(self, act: Act) -> None:
        """The visitor is about to do this."""
        self.acts.append(act)

    def undid(self, act: Act) -> None:
        """Note that the effect of this action is over."""
        self.acts = [one for one in self.acts if one != act]

    async def quiet(self) -> None:
        """Return when nothing was asked for a little while, or when a page that always asks has had its time."""
        deadline = time.monotonic() + QUIET_DEADLINE_SECONDS
        while (now := time.monotonic()) < deadline:
            if not self._pending and not self._reads and now - self._last_change >= QUIET_SECONDS:
                return
            await asyncio.sleep(0.05)

    async def snapshot(self) -> list[StorageItem]:
        """Return the items in all frames and the cookie jar, and add them to the seen ones."""
        frames = [frame for page in self.context.pages for frame in page.frames if frame.url.startswith("http")]
        found = [entry for frame in frames for entry in await self._kept_in(frame)]
        jar = await in_time(self.context.cookies(), "the cookies")
        found += [self._from_jar(cast("dict[str, Any]", one)) for one in jar]
        kept = list({_identity(one): one for one in found}.values())
        # An item of the previous snapshot was written before that, unless it lasts longer now.
        self.seen += [one for one in kept if self._is_news(one)]
        self._known |= {_identity(one): one for one in kept}
        return kept

    def _is_news(self, entry: StorageItem) -> bool:
        known = self._known.get(_identity(entry))
        return known is None or (entry.lasts or 0) > (known.lasts or 0) + 1

    async def settled(self) -> None:
        """Return when every answer's headers have been read."""
        while self._reads:
            await asyncio.wait(self._reads, timeout=STEP_SECONDS)

    async def _kept_in(self, frame: Frame) -> list[StorageItem]:
        try:
            found = await in_time(frame.evaluate(SNAPSHOT), f"the stored data of {_short(frame.url)}")
        except PlaywrightError:
            # The frame is gone or is navigating. The next snapshot reads the new page.
            return []
        partition = self._partition_of(frame)
        return [
            StorageItem(
                mechanism=one["mechanism"],
                key=one["key"],
                container=one["container"],
                where=found["where"],
                partition=partition,
                lasts=value_lasting(one["text"]),
                size=one["size"],
                acts=tuple(self.acts),
            )
            for one in found["kept"]
        ]

    def _partition_of(self, frame: Frame) -> str:
        top = host_of(frame.page.url)
        return "" if site_of(host_of(frame.url)) == site_of(top) else site_of(top)

    def _from_jar(self, cookie: dict[str, Any]) -> StorageItem:
        expires = float(cookie.get("expires", -1))
        return StorageItem(
            mechanism="cookie",
            key=cookie["name"],
            where=str(cookie["domain"]).lstrip("."),
            partition=host_of(cookie.get("partitionKey") or ""),
            lasts=expires - _now() if expires > 0 else None,
            size=len(cookie["name"]) + len(cookie["value"]),
            acts=tuple(self.acts),
        )

    def _on_write(self, source: dict[str, Any], told: dict[str, str]) -> None:
        self._last_change = time.monotonic()
        frame: Frame = source["frame"]
        is_cookie = told["mechanism"] == "cookie"
        text = told["text"]
        if is_cookie and _removes(text):
            return
        self.seen.append(
            StorageItem(
                mechanism=told["mechanism"],
                key=told["key"],
                container=told["container"],
                where=_domain_in(text) or host_of(told["where"]) if is_cookie else told["where"],
                partition=self._partition_of(frame),
                lasts=cookie_lasting(text) if is_cookie else value_lasting(text),
                acts=tuple(self.acts),
                how="written",
                source=told["source"],
            )
        )

    def _watch_page(self, page: Page) -> None:
        page.on("websocket", self._on_socket)
        page.on("crash", lambda _: self.faults.append("the page crashed"))

    def _on_socket(self, socket: WebSocket) -> None:
        self._last_change = time.monotonic()
        self.requests.append(self._asked(socket.url, "websocket", ""))

    def _on_initiator(self, event: dict[str, Any]) -> None:
        initiator = event.get("initiator", {})
        frames = initiator.get("stack", {}).get("callFrames", [])
        by = next((one["url"] for one in frames if one.get("url")), initiator.get("url", ""))
        if by:
            self._initiators[event["request"]["url"]] = _short(by)

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith("http"):
            return
        self._last_change = time.monotonic()
        if request.resource_type not in {"eventsource", "ping", "websocket"}:
            self._pending.add(request)
        self.requests.append(self._asked(request.url, request.resource_type, _asking_frame(request)))

    def _asked(self, url: str, kind: str, initiator: str) -> Asked:
        host = host_of(url)
        return Asked(
            url=_short(url),
            host=host,
            kind=kind,
            initiator=self._initiators.get(url, initiator),
            acts=tuple(self.acts),
            third_party=not self._is_first_party(host),
        )

    def _on_request_end(self, request: Request) -> None:
        self._last_change = time.monotonic()
        self._pending.discard(request)

    def _on_response(self, response: Response) -> None:
        # A stream's answer begins and does not end: it is no reason to wait.
        if response.headers.get("content-type", "").startswith(("text/event-stream", "application/x-ndjson")):
            self._pending.discard(response.request)
        self._read_later(self._read_cookies(response, tuple(self.acts)))

    def _read_later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._reads.add(task)
        task.add_done_callback(self._reads.discard)

    async def _read_cookies(self, response: Response, acts: tuple[Act, ...]) -> None:
        """Cookies that an answer asks for, whether or not the browser keeps them."""
        try:
            headers = await asyncio.wait_for(response.headers_array(), STEP_SECONDS)
        except (PlaywrightError, TimeoutError):
            return
        host = host_of(response.url)
        for line in (one["value"] for one in headers if one["name"].lower() == "set-cookie"):
            for text in (one for one in line.split("\n") if not _removes(one)):
                self.seen.append(
                    StorageItem(
                        mechanism="cookie",
                        key=text.partition("=")[0].strip(),
                        where=_domain_in(text) or host,
                        lasts=cookie_lasting(text),
                        acts=acts,
                        how="header",
                        source=_short(response.url),
                    )
                )


def _now() -> float:
    """Seconds since 1970."""
    return now_ms() / 1000


def _asking_frame(request: Request) -> str:
    try:
        return _short(request.frame.url) if request.frame.url.startswith("http") else ""
    except PlaywrightError:
        return "a service worker"


def _identity(entry: StorageItem) -> tuple[str, ...]:
    return entry.mechanism, entry.where, entry.partition, entry.container, entry.key


def _short(url: str) -> str:
    """An address without what may be personal."""
    return re.split(r"[?#]", url, maxsplit=1)[0]


def _domain_in(text: str) -> str:
    found = re.search(r";\s*domain\s*=\s*\.?([^;\s]+)", text, re.IGNORECASE)
    return found[1].lower() if found else ""


def cookie_lasting(text: str) -> float | None:
    """Seconds until a cookie ends (RFC 6265, section 5.2: Max-Age goes before Expires); None: with the session."""
    pairs = (part.partition("=") for part in text.split(";")[1:])
    attributes = {name.strip().lower(): value.strip() for name, _, value in pairs}
    try:
        if "max-age" in attributes:
            return float(int(attributes["max-age"]))
        return parsedate_to_datetime(attributes["expires"]).timestamp() - _now()
    except (KeyError, ValueError, OverflowError):
        return None


def _removes(text: str) -> bool:
    lasts = cookie_lasting(text)
    return lasts is not None and lasts <= 0


def with_fate(seen: list[StorageItem]) -> list[StorageItem]:
    """Return the items with the result of each requested cookie: stored, or blocked by the browser."""
    kept = {one.key: one for one in seen if one.mechanism == "cookie" and one.how == "kept"}
    return [_fated(one, kept.get(one.key)) if one.mechanism == "cookie" else one for one in seen]


def _fated(entry: StorageItem, kept: StorageItem | None) -> StorageItem:
    if entry.how == "kept":
        return entry
    if kept is None:
        return msgspec.structs.replace(entry, blocked=True)
    return msgspec.structs.replace(entry, where=kept.where, partition=kept.partition)


def value_lasting(text: str) -> float | None:
    """Return the seconds until a stored value expires by its own fields, or None if it has none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    ends = [_seconds(one) for name in _ENDS if (one := cast("dict[str, Any]", value).get(name)) is not None]
    return max((end - _now() for end in ends if end), default=None)


def _seconds(end: object) -> float | None:
    if not isinstance(end, int | float) or isinstance(end, bool) or not math.isfinite(end) or end <= 0:
        return None
    return end / 1000 if end > 1e11 else float(end)
