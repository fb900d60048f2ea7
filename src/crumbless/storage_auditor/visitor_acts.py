"""Behaves like a visitor: finds the chat and the consent banner by their visible controls, and uses them.

Crumbless' own are recognised by their structure, others by their texts and positions, or by the caller's selectors.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from re import Pattern
from typing import Any

import msgspec
from playwright.async_api import ElementHandle, Frame, Page
from playwright.async_api import Error as PlaywrightError

from crumbless.storage_auditor.act_words import ACCEPT, CHAT, CLOSE, CONFIRM, END, REJECT, SEND, SETTINGS, WITHDRAW
from crumbless.storage_auditor.browser_watch import Watch, in_time

CONTROLS = (Path(__file__).parent / "scripts" / "controls.js").read_text(encoding="utf-8")

APPEAR_SECONDS = 4.0
"""A control that is not there by then will not come."""

MESSAGE = "This is an automated test of the data that this website stores. No reply is needed."


class Selectors(msgspec.Struct, frozen=True, kw_only=True):
    """How to find what is not found by itself: CSS selectors of the page or of any frame in it; empty: by itself."""

    open: str = ""
    box: str = ""
    send: str = ""
    end: str = ""
    accept: str = ""
    reject: str = ""
    withdraw: str = ""


OURS = Selectors(
    open="crumbless-chat button[aria-expanded]",
    box="textarea.composer-box",
    accept="crumbless-consent .banner .accept",
    reject="crumbless-consent .banner .reject",
    withdraw="crumbless-consent dialog .reject",
)
"""How our own chat and banner are built: their words are those of many languages."""

OUR_MENU = ".chat-menu-button"
OUR_ERASURE = (
    "li:nth-child(2) > .chat-menu-item",
    ".kept-server .kept-danger",
    ".kept-server .kept-ask .kept-danger",
)
"""From the chat's menu to "Your data", to "Erase my conversations", to yes."""

OUR_OPENER = "crumbless-consent .opener"


class NotPossible(Exception):
    """The website has no visible control for this. The message names the control."""


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """Something visible that can be pressed or written into."""

    handle: ElementHandle
    press: bool = True
    write: bool = False
    words: str = ""
    about: str = ""
    floats: bool = False
    consent: bool = False
    framed: bool = False


class Visitor:
    """A visitor on the page.

    Args:
        page: the tab.
        watch: notified of each action before it is performed.
        selectors: selectors of controls that cannot be recognised.
    """

    def __init__(self, page: Page, watch: Watch, selectors: Selectors) -> None:
        self.page = page
        self._watch = watch
        self._selectors = selectors
        self._box: Control | None = None

    async def sees_chat(self) -> bool:
        """Whether there is something to open a chat with."""
        return await self._find(self._selectors.open, _is_launcher, seconds=0, ours=OURS.open) is not None

    async def sees_banner(self) -> bool:
        """Return whether a consent banner is visible."""
        return await self._find(self._selectors.accept, _is_banner(ACCEPT), 0, OURS.accept) is not None

    async def scroll(self, seconds: float) -> None:
        """Move the mouse and read down to the end, for so long."""
        steps = 8
        for number in range(steps):
            await self.page.mouse.move(200 + 40 * number, 150 + 30 * number)
            await self.page.mouse.wheel(0, 900)
            # Waiting for a time is the action itself.
            await asyncio.sleep(seconds / steps)

    async def open_chat(self) -> None:
        """Press what opens the chat, and wait for the box to write in."""
        launcher = await self._find(self._selectors.open, _is_launcher, ours=OURS.open)
        if launcher is None:
            raise NotPossible("no button that opens a chat was found (give its selector with --open)")
        before = {one.about + one.words for one in await self._controls() if one.write}
        self._watch.did("open")
        await self._press(launcher)
        self._box = await self._find(
            self._selectors.box, lambda one: one.write and one.about + one.words not in before, ours=OURS.box
        )

    async def send(self) -> None:
        """Write a message and send it."""
        if self._box is None:
            raise NotPossible("no input field of the chat was found (give its selector with --box)")
        self._watch.did("type")
        box = self._box.handle
        await in_time(box.click(), "the chat's box")
        await in_time(self.page.keyboard.type(MESSAGE), "the chat's box")
        await self._watch.quiet()
        await self._watch.snapshot()
        self._watch.did("send")
        await self._send_text()
        if not await self._until(lambda: self._is_empty(box)):
            raise NotPossible("the message could not be sent (give the selector of the button with --send)")

    async def _send_text(self) -> None:
        button = await self._find(self._selectors.send, lambda _: False, 0) if self._selectors.send else None
        if button is not None:
            return await self._press(button)
        await self.page.keyboard.press("Enter")
        box = self._box
        if box and not await self._is_empty(box.handle) and (named := await self._find("", _says(SEND), 0)):
            await self._press(named)
        return None

    @staticmethod
    async def _is_empty(box: ElementHandle) -> bool:
        try:
            left = await in_time(box.evaluate("(box) => (box.value ?? box.innerText ?? '').trim()"), "the chat's box")
        except PlaywrightError:
            # The chat took it away with the message.
            return True
        return not left

    async def end_chat(self) -> None:
        """End the chat, say yes when asked, and close it. Ours ends when the visitor erases it."""
        if not self._selectors.end and (menu := await self._at(OUR_MENU)):
            return await self._erase_ours(menu)
        button = await self._find(self._selectors.end, _says(END), 1)
        if button is None:
            raise NotPossible("no button that ends the chat was found (give its selector with --end)")
        self._watch.did("end")
        await self._press(button)
        await self._watch.quiet()
        if sure := await self._find("", _says(CONFIRM), 0):
            await self._press(sure)
            await self._watch.quiet()
        if close := await self._find("", _says(CLOSE), 0):
            self._watch.did("fold")
            await self._press(close)
        return None

    async def _erase_ours(self, menu: Control) -> None:
        await self._press(menu)
        for selector in OUR_ERASURE:
            step = await self._find(selector, lambda _: False)
            if step is None:
                raise NotPossible(f"the chat could not be erased: {selector} was not found")
            if selector == OUR_ERASURE[-1]:
                self._watch.did("end")
            await self._press(step)
        await self._watch.quiet()
        if launcher := await self._at(OURS.open):
            self._watch.did("fold")
            await self._press(launcher)

    async def accept(self) -> None:
        """Accept everything."""
        button = await self._find(self._selectors.accept, _is_banner(ACCEPT), ours=OURS.accept)
        if button is None:
            raise NotPossible("no button that accepts was found (give its selector with --accept)")
        self._watch.did("choose")
        self._watch.did("grant")
        await self._press(button)

    async def reject(self) -> None:
        """Refuse everything."""
        button = await self._find(self._selectors.reject, _is_banner(REJECT), ours=OURS.reject)
        if button is None:
            raise NotPossible("no button that rejects was found (give its selector with --reject)")
        self._watch.did("choose")
        await self._press(button)

    async def withdraw(self) -> None:
        """Take the consent back: at once, or by way of the settings."""
        button = await self._find(self._selectors.withdraw, _says(WITHDRAW), 1)
        if button is None and (settings := await self._find("", _says(SETTINGS), 1, OUR_OPENER)):
            await self._press(settings)
            button = await self._find("", lambda one: _says(WITHDRAW)(one) or _says(REJECT)(one), ours=OURS.withdraw)
        if button is None:
            raise NotPossible("no control that withdraws the consent was found (give its selector with --withdraw)")
        self._watch.undid("grant")
        self._watch.did("withdraw")
        await self._press(button)

    async def _press(self, control: Control) -> None:
        try:
            await control.handle.click(timeout=4000)
        except PlaywrightError:
            # Something lies over it, or it moves: a press of the keyboard reaches it all the same.
            try:
                await in_time(control.handle.evaluate("(it) => it.click()"), f"pressing {control.words!r}")
            except PlaywrightError as error:
                raise NotPossible(f"{control.words!r} could not be pressed: {error.message.splitlines()[0]}") from None

    async def _find(
        self, selector: str, fits: Callable[[Control], bool], seconds: float = APPEAR_SECONDS, ours: str = ""
    ) -> Control | None:
        """Wait for a control: at the selector, else one of Crumbless, else the first that fits."""
        deadline = time.monotonic() + seconds
        while True:
            found = await self._at(selector or ours) if selector or ours else None
            if found is None and not selector:
                found = next(filter(fits, await self._controls()), None)
            if found is not None or time.monotonic() >= deadline:
                return found
            await asyncio.sleep(0.1)

    async def _at(self, selector: str) -> Control | None:
        for frame in self._frames():
            try:
                for handle in await in_time(frame.query_selector_all(selector), selector):
                    if await handle.is_visible():
                        return Control(handle=handle, write=True, words=selector)
            except PlaywrightError as error:
                if "selector" in error.message.lower() and "destroyed" not in error.message:
                    raise NotPossible(f"{selector!r} is not a CSS selector") from None
        return None

    async def _controls(self) -> list[Control]:
        return [one for frame in self._frames() for one in await self._controls_in(frame)]

    async def _controls_in(self, frame: Frame) -> list[Control]:
        try:
            looked = await in_time(frame.evaluate_handle(CONTROLS), "its buttons")
            found: list[dict[str, Any]] = await (await looked.get_property("found")).json_value()
            held = await (await looked.get_property("elements")).get_properties()
            handles = {int(at): one.as_element() for at, one in held.items() if at.isdigit()}
        except PlaywrightError:
            # The frame is on its way to another page.
            return []
        return [
            Control(
                handle=handle,
                press=one["press"],
                write=one["write"],
                words=one["words"],
                about=one["about"],
                floats=one["floats"],
                consent=one["consent"],
                framed=one["frame"],
            )
            for at, one in enumerate(found)
            if (handle := handles.get(at))
        ]

    def _frames(self) -> Iterator[Frame]:
        return (frame for frame in self.page.frames if not frame.is_detached())

    @staticmethod
    async def _until(holds: Callable[[], Any], seconds: float = APPEAR_SECONDS) -> bool:
        deadline = time.monotonic() + seconds
        while not await holds():
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(0.1)
        return True


def _says(words: Pattern[str]) -> Callable[[Control], bool]:
    return lambda one: one.press and words.fullmatch(one.words) is not None


def _is_banner(words: Pattern[str]) -> Callable[[Control], bool]:
    return lambda one: _says(words)(one) and (one.consent or one.floats)


def _is_launcher(one: Control) -> bool:
    """A floating button, or the frame of one, that speaks of a chat."""
    return (one.press or one.framed) and one.floats and CHAT.search(f"{one.words} {one.about}") is not None
