"""Markup without script on a customer's page cannot change the files that our scripts load, and the chat works.

An element with a name or an ID replaces properties of `document` and `window` ("DOM clobbering").
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Frame, expect

from crumbless.database.schema import migrate
from support.scene import SENT, BrowserScenario, Visitor
from support.server import ServerProcess, wait_until
from support.shop import ShopServer
from support.shopper import GA4, TIKTOK, use_tags

NONCE = "c2VjcmV0"
WORD = re.compile(r"[A-Za-z_$][\w$]+")
FRAMES = ["Crumbless", "CRUMBLESS_CONSENT_EXTERNAL", "body", "currentScript", "documentElement", "gtag", "ttq"]
WITHDRAW = "[data-crumbless-consent]"

# Asks for the receipt as the chat's frame does, and reports every message that it receives.
BAIT = b"""<!doctype html><title>Bait</title><script>
  addEventListener("message", () => fetch("/leak"));
  parent.postMessage({ crumbless: "consent?" }, "*");
</script>"""

CENTRE = """(way) => {
  const all = (what) => [...Document.prototype.querySelectorAll.call(document, what)];
  const inside = all("crumbless-consent").map((host) => host.shadowRoot?.querySelector(way));
  const box = [...inside, ...all(way)].find(Boolean)?.getBoundingClientRect();
  return box ? [box.x + box.width / 2, box.y + box.height / 2] : null;
}"""
"""Return the position of a button of the banner or of the page, independent of the names of the page's elements."""

LOADED = b"window.testLoaded = (window.testLoaded ?? 0) + 1;"
"""A script that waits for consent, or that a tag loads. No element has the name of its counter."""

HOSTILE = "window.Crumbless = { panel: 1, consent: 0, get identify() { throw new Error('hostile') } };"


def images(words: set[str], evil: str) -> str:
    sources = {"currentScript": f' src="{evil}/bait"'}
    return "".join(f'<img name="{word}"{sources.get(word, "")}>' for word in sorted(words))


def current_script(_words: set[str], evil: str) -> str:
    return f'<img name="currentScript" src="{evil}/bait">'


def forms(words: set[str], evil: str) -> str:
    fields = f'<input name="src" value="{evil}/bait"><input name="consent"><input name="panel"><input name="get">'
    return "".join(f'<form id="{word}" name="{word}" action="{evil}/bait">{fields}</form>' for word in sorted(words))


def links(words: set[str], evil: str) -> str:
    return "".join(f'<a id="{word}" name="{word}" href="{evil}/bait"></a>' for word in sorted(words | {"crumbless"}))


def frames(_words: set[str], evil: str) -> str:
    return "".join(f'<iframe name="{word}" src="{evil}/bait" width="9" height="9"></iframe>' for word in FRAMES)


def elements_of_ours(_words: set[str], evil: str) -> str:
    shadow = f'<template shadowrootmode="open"><iframe src="{evil}/bait" width="9" height="9"></iframe></template>'
    return f'<crumbless-chat panel="1">{shadow}</crumbless-chat><crumbless-consent>{shadow}</crumbless-consent>'


def base(_words: set[str], evil: str) -> str:
    return f'<base href="{evil}/">'


def hostile_global(_words: set[str], _evil: str) -> str:
    return f'<script nonce="{NONCE}">{HOSTILE}</script>'


# The attack's markup, and the effect in the page that proves it.
ATTACKS: dict[str, tuple[Callable[[set[str], str], str], str]] = {
    "current script": (current_script, "document.currentScript.src.endsWith('/bait')"),
    "images": (images, "document.body instanceof HTMLImageElement && document.currentScript.src.endsWith('/bait')"),
    "forms": (forms, "document.body instanceof HTMLFormElement && window.ttq.get instanceof HTMLInputElement"),
    "links": (links, "window.ttq instanceof HTMLAnchorElement && String(window.crumbless).endsWith('/bait')"),
    "frames": (frames, "document.body.postMessage instanceof Function && window.ttq === document.ttq"),
    "elements of ours": (
        elements_of_ours,
        "!!document.querySelector('crumbless-chat').shadowRoot.querySelector('iframe')",
    ),
    "base": (base, "new URL(document.baseURI).origin !== location.origin"),
    "hostile global": (hostile_global, "Object.hasOwn(window.Crumbless, 'identify')"),
}

BEFORE, AFTER = ("before", "strict policy"), ("after", "no policy")


def cases_of(attack: str) -> list[tuple[str, str]]:
    """Return where the markup is, and the page's policy. One attack meets all four combinations, because place and
    policy decide independently of the markup."""
    if attack == "images":
        return [(place, policy) for place in ("before", "after") for policy in ("strict policy", "no policy")]
    # After our scripts have run, they are no longer the current ones.
    return [BEFORE, ("before", "no policy")] if attack == "current script" else [BEFORE, AFTER]


@pytest.fixture(scope="module")
def vendor() -> Iterator[ShopServer]:
    """Serve the scripts that the tags load."""
    server = ShopServer()
    for path in ("/gtag/js?id=X", "/i18n/pixel/events.js?sdkid=X&lib=ttq"):
        server.scripts[path] = LOADED
    yield server
    server.close()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory, vendor: ShopServer) -> Iterator[ServerProcess]:
    """Start a platform whose tags load from that vendor."""
    database = tmp_path_factory.mktemp("platform") / "crumbless.db"
    migrate(f"sqlite:///{database}")
    server = ServerProcess(database, ga4_script_url=vendor.origin, tiktok_script_url=vendor.origin)
    server.start()
    yield server
    assert server.stop() == 0


def words_of(scenario: BrowserScenario) -> set[str]:
    """Return every word of the scripts that we load into a customer's page. They include every property that the
    scripts read."""
    paths = [f"/w/{scenario.site}.js", f"/consent.js?site={scenario.site}"]
    paths += [f"/tags/{scenario.site}/{service}.js" for service in ("ga4", "tiktok")]
    texts = [httpx.get(scenario.server.address + path, trust_env=False).text for path in paths]
    words = {word for text in texts for word in WORD.findall(text)}
    assert {"body", "createElement", "querySelectorAll", "documentElement", "cookie", "head", "ttq", "gtag"} <= words
    return words | {"currentScript", "crumbless"}


def make_page(scenario: BrowserScenario, markup: str, before: bool, strict: bool) -> str:
    """Return a page with all our scripts, and the markup before or after them."""
    platform, evil = scenario.server.address, scenario.foreign_shop.origin
    # Requests of the markup itself are allowed, because the test is about its effect on our scripts.
    policy = (
        f"default-src 'none'; script-src 'nonce-{NONCE}' 'strict-dynamic'; connect-src {platform}; "
        f"frame-src {platform} {evil}; img-src {evil}; require-trusted-types-for 'script'; "
        "trusted-types crumbless crumbless-ga4 crumbless-tiktok"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if strict else ""
    waiting = [
        f"{GA4}|{platform}/tags/{scenario.site}/ga4.js|analytics",
        f"{TIKTOK}|{platform}/tags/{scenario.site}/tiktok.js|marketing",
    ]
    held = "".join(
        f'<script type="text/plain" data-category="{category}" data-src="{source}" nonce="{NONCE}"></script>'
        for line in waiting
        for *sources, category in [line.split("|")]
        for source in sources
    )
    scripts = (
        f'<script nonce="{NONCE}" src="{platform}/consent.js?site={scenario.site}"></script>'
        f'<script nonce="{NONCE}" src="{platform}/w/{scenario.site}.js"></script>'
    )
    withdraw = '<button data-crumbless-consent="withdraw">Withdraw</button>'
    head, foot = ("", scripts) if before else (scripts, "")
    return (
        f'<!doctype html><html lang="en"><head><title>Shop</title>{meta}{head}</head>'
        f"<body>{withdraw}<h1>Shop</h1>{held}{markup}{foot}</body></html>"
    )


def press(visitor: Visitor, button: str) -> None:
    """Press one of our buttons as soon as it exists. Locators would use the document, whose properties are replaced."""
    found: list[list[float]] = []

    def find() -> bool:
        found.extend(filter(None, [visitor.page.evaluate(CENTRE, button)]))
        return bool(found)

    wait_until(find, 20, f"a button {button}")
    visitor.page.mouse.click(*found[-1])


def open_chat(visitor: Visitor, address: str) -> Frame:
    """Press the launcher, and return the frame that opens."""
    size = visitor.page.viewport_size
    assert size
    with visitor.page.expect_event("framenavigated", lambda frame: frame.url.startswith(address)) as navigated:
        visitor.page.mouse.click(size["width"] - 48, size["height"] - 48)
    return navigated.value


@pytest.mark.parametrize("attack", ATTACKS)
def test_markup_cannot_change_the_files_that_our_scripts_load(
    scenario: BrowserScenario, vendor: ShopServer, attack: str
) -> None:
    use_tags(scenario, "ga4", "tiktok")
    evil = scenario.foreign_shop.origin
    scenario.foreign_shop.pages["/bait"] = BAIT
    scenario.shop.scripts.update(dict.fromkeys((GA4, TIKTOK), LOADED))
    make, premise = ATTACKS[attack]
    markup = make(words_of(scenario), evil)
    scenario.shop.pages["/clean"] = b"<!doctype html><title>Clean</title>"
    scenario.shop.pages["/bare"] = f"<!doctype html><html><body>{markup}</body></html>".encode()
    for number, (place, policy) in enumerate(cases_of(attack), 1):
        scenario.shop.pages["/"] = make_page(scenario, markup, place == "before", policy == "strict policy").encode()
        visitor = scenario.visitor()
        visitor.arrive("/bare")
        assert visitor.page.evaluate(premise), "the markup has no effect: it proves nothing"
        check_page(scenario, vendor, visitor)
        assert scenario.timeline() == ["Hello"] * number, (place, policy)


def check_page(scenario: BrowserScenario, vendor: ShopServer, visitor: Visitor) -> None:
    """Accept, chat and withdraw on the page. All requests go to the page's own origin, the platform or the vendor."""
    evil, platform = scenario.foreign_shop.origin, scenario.server.address
    visitor.arrive()
    press(visitor, "button.accept")
    wait_until(lambda: visitor.page.evaluate("window.testLoaded") == 4, 20, "the scripts that waited")
    cookie: Any = {"name": "_ga", "value": "GA1.1.7", "url": scenario.shop.origin}
    visitor.page.context.add_cookies([cookie])
    frame = open_chat(visitor, f"{platform}/chat/{scenario.site}")
    box = frame.get_by_role("textbox", name="Message")
    box.fill("Hello")
    box.press("Enter")
    expect(frame.get_by_text(SENT)).to_be_visible()
    with visitor.page.expect_event("load"):
        press(visitor, WITHDRAW)
    visitor.page.wait_for_load_state("networkidle")
    assert [one.get("name") for one in visitor.page.context.cookies()] == []

    theirs = {request for request in visitor.watch.requests if request.partition(" ")[2].startswith(evil)}
    assert theirs <= {f"GET {evil}/bait"}
    ours = (scenario.shop.origin, platform, vendor.origin, evil)
    assert [one for one in visitor.watch.requests if not one.partition(" ")[2].startswith(ours)] == []
    # Remove its elements, so that the checks at the end of every test work.
    visitor.arrive("/clean")
