"""A real Chromium, and a watch over every page of it: what it writes on the device, and what its policies refuse."""

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, BrowserType, Error, Frame, Page

from support.storage_watch import KEPT, RECORDER, StorageWatch, is_declared, lifetime_fault

ROOT = Path(__file__).parents[2]

Kind = Literal["ordinary", "private"]
KINDS: tuple[Kind, ...] = ("ordinary", "private")
"""Whether the browser partitions the storage of a frame of another site, or blocks it, as private windows do."""

OWN_MENUS = "Translate,WebUIOmniboxPopup,WebUIOmniboxFullPopup,WebUIOmniboxAimPopup"
"""Parts of the browser's own window. Its address bar loads two pages for each context: 0.9 s of a processor."""

# Playwright turns partitioned storage off in its own list of features. These lists take its place, so that an ordinary
# browser behaves as it does for most people.
ARGUMENTS: dict[Kind, list[str]] = {
    "ordinary": [f"--disable-features={OWN_MENUS}"],
    "private": [f"--disable-features={OWN_MENUS},ThirdPartyStoragePartitioning"],
}

QUIET = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]

STORAGE_WORKS = """() => {
  try { return sessionStorage.length >= 0 } catch { return false }
}"""

COOKIES = "() => { try { return document.cookie } catch { return '' } }"
"""A sandboxed document may not even look."""

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def find_chromium() -> str:
    """Return the path of the browser. Raises RuntimeError if it is missing."""
    named = os.environ.get("CRUMBLESS_TEST_CHROMIUM")
    found = named or shutil.which("chromium") or shutil.which("google-chrome")
    if not found or not Path(found).exists():
        raise RuntimeError(
            f"The browser tests need Chromium (found: {found}). Install it, or name it in CRUMBLESS_TEST_CHROMIUM."
        )
    return found


FONT_SETTINGS = ROOT / ".tools/fonts/fonts.conf"
"""Makes Inter the font of the system. bin/lib/font_find.sh writes it where Debian's package can be had."""


def _environment() -> dict[str, str | float | bool]:
    fonts = {"FONTCONFIG_FILE": str(FONT_SETTINGS)} if FONT_SETTINGS.exists() else {}
    return {**os.environ, **fonts}


def launch(chromium: BrowserType, kind: Kind) -> Browser:
    """Start a browser. As root it cannot have its sandbox."""
    sandbox = [] if os.getuid() else ["--no-sandbox"]
    arguments = [*QUIET, *ARGUMENTS[kind], *sandbox]
    return chromium.launch(executable_path=find_chromium(), args=arguments, env=_environment())


def launch_lasting(chromium: BrowserType, profile: Path) -> BrowserContext:
    """Start a browser with a profile on disk, whose settings it follows. As root it cannot have its sandbox."""
    sandbox = [] if os.getuid() else ["--no-sandbox"]
    arguments = [*QUIET, *ARGUMENTS["ordinary"], *sandbox]
    return chromium.launch_persistent_context(profile, executable_path=find_chromium(), args=arguments)


@dataclass
class Watch:
    """The observations in every page and frame of one browser context."""

    context: BrowserContext
    storage: StorageWatch = field(default_factory=StorageWatch)
    violations: list[str] = field(default_factory=list[str])
    faults: list[str] = field(default_factory=list[str])
    requests: list[str] = field(default_factory=list[str])

    def begin(self) -> None:
        """Watch every page from now on."""
        self.context.expose_binding("crumblessTestTell", self._hear)  # pyright: ignore[reportUnknownMemberType]
        self.context.add_init_script(RECORDER)
        self.context.on("request", lambda request: self.requests.append(f"{request.method} {request.url}"))
        self.context.on("page", self._watch_page)

    def _watch_page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))

        def dismiss(dialog: Any) -> None:
            self.faults.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("dialog", dismiss)

    def _hear(self, source: Any, kind: str, what: str, more: str, left: float | None, path: str) -> None:
        if kind == "write":
            self.storage.hear_write(what, more, left, path)
        elif kind == "act":
            self.storage.note(what)
        else:
            self.violations.append(f"{source['frame'].url}: {what} {more}")

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Mechanism and key of every write, the oldest first."""
        return self.storage.writes

    def undeclared(self) -> list[tuple[str, str]]:
        """Return the written or stored items that storage.toml does not declare."""
        return [item for item in [*self.writes, *self.kept()] if not is_declared(*item)]

    def kept(self) -> list[tuple[str, str]]:
        """Return the contents of all frames' stores now: mechanism and key."""
        return [(mechanism, key) for mechanism, key, _ in self._stored()]

    def _stored(self) -> list[tuple[str, str, float | None]]:
        """As `kept`, with the milliseconds that each has left."""
        return [(mechanism, key, left) for frame in self.frames() for mechanism, key, left in frame.evaluate(KEPT)]

    def frames(self) -> list[Frame]:
        """Return every frame that shows a page of Crumbless."""
        frames = [frame for page in self.context.pages for frame in page.frames]
        return [frame for frame in frames if frame.url.startswith("http")]

    def cookies(self) -> list[str]:
        """Every cookie in the browser, and every one that a page can see."""
        seen = [str(frame.evaluate(COOKIES)) for frame in self.frames()]
        return [str(cookie) for cookie in self.context.cookies()] + [text for text in seen if text]

    def complaints(self) -> list[str]:
        """Fail for undeclared keys, wrong phases and surfaces, lifetimes too long, cookies and errors."""
        stored = self._stored()
        undeclared = [
            f"{mechanism} keeps {key}, undeclared" for mechanism, key, _ in stored if not is_declared(mechanism, key)
        ]
        too_long = [fault for one in stored if (fault := lifetime_fault(*one))]
        cookies = [f"a cookie: {cookie}" for cookie in self.cookies()]
        return [*self.storage.complaints(), *undeclared, *too_long, *cookies, *self.faults]

    def check(self) -> None:
        """Fail on whatever no test may ever see."""
        complaints = self.complaints()
        assert not complaints, complaints


def wait_in_page(page: Page | Frame, expression: str, argument: Any = None, seconds: float = 30) -> None:
    """Wait until an expression or a function is true in the page. Raises AssertionError after `seconds`.

    Playwright's own `wait_for_function` repeats the expression by `eval` in the page, which a strict policy refuses
    unless it is true at once.
    """

    def is_true() -> bool:
        try:
            return bool(page.evaluate(expression, argument))
        except Error:  # The page is being replaced by the next one.
            return False

    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"not true within {seconds} s: {expression}"
        page.wait_for_timeout(20)


COLOUR_RULES = ("color-contrast", "link-in-text-block")
"""The rules of axe-core whose result can differ between the light and the dark scheme."""

SCHEMES: dict[Literal["dark", "light"], tuple[str, ...]] = {"dark": COLOUR_RULES, "light": ()}

RUN_AXE = """async ([rules, more]) => {
  const only = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
  const options = { iframes: false, resultTypes: ["violations"], rules: more, ...only };
  return (await axe.run(document, options)).violations;
}"""


def accessibility_faults(frame: Frame, *more_rules: str, rules: Sequence[str] = ()) -> list[str]:
    """Return axe-core's findings in one frame, one line each: rule and element.

    Args:
        frame: the frame.
        more_rules: rules that axe-core does not check by default.
        rules: the only rules to check; empty: all of them.
    """
    if not frame.evaluate("'axe' in window"):
        frame.evaluate(AXE)
    found = frame.evaluate(RUN_AXE, [[*rules], {rule: {"enabled": True} for rule in more_rules}])
    return [f"{rule['id']}: {node['html']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def faults_in_both_schemes(page: Page, frame: Frame | None = None, *more_rules: str) -> list[str]:
    """Return axe-core's findings in one frame of the page, or in all of them. They are those of all rules in the light
    scheme, and those about colours in the dark one, which differs in nothing else. The scheme is light afterwards.

    Args:
        page: the page.
        frame: one of its frames; None: all of them.
        more_rules: rules that axe-core does not check by default.
    """
    found: list[str] = []
    for scheme, rules in SCHEMES.items():
        # Without motion, colours change at once.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for one in [frame] if frame else page.frames:
            found += [f"{scheme}: {fault}" for fault in accessibility_faults(one, *more_rules, rules=rules)]
    return found
