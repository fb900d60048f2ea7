"""Injected markup or script that works in a plain page is refused by the policies of desk and frame."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Frame, expect

from support.browser import Watch
from support.scene import BrowserScenario, Visitor
from support.server import wait_until

# Each attack ends once it has run or can no longer run, and sets `window.hit`. It runs from a timer, because the
# debugger's own calls may evaluate text under any policy.
ATTACKS = {
    "script element": """
        const script = document.createElement("script");
        script.append("window.hit = true");
        document.body.append(script);
        done();""",
    "script of another origin": """
        const script = document.createElement("script");
        script.addEventListener("load", done);
        script.addEventListener("error", done);
        script.src = SCRIPT;
        document.body.append(script);""",
    "import": "import(SCRIPT).then(done, done);",
    "inline handler": """
        const button = document.createElement("button");
        button.setAttribute("onclick", "window.hit = true");
        button.click();
        done();""",
    "mark-up with a handler": """
        const box = document.createElement("div");
        document.body.append(box);
        box.innerHTML = "<img src='data:image/gif,x' onerror='window.hit = true'>";
        box.firstChild.addEventListener("error", done);""",
    "eval": "eval('window.hit = true'); done();",
    "function from text": "new Function('window.hit = true')(); done();",
    "timer with text": "setTimeout('window.hit = true', 0); setTimeout(done, 1);",
    "script address": """
        const link = document.createElement("a");
        link.href = "javascript:void(window.hit = true)";
        document.body.append(link);
        link.click();
        setTimeout(done, 1);""",
}

RUN = """async () => {
  const SCRIPT = %s;
  window.hit = false;
  await new Promise((done) => setTimeout(() => { try { %s } catch { done() } }));
  return window.hit === true;
}"""


def succeeds(attack: str, script: str, frame: Frame) -> bool:
    """Return whether the attack runs in this frame."""
    return bool(frame.evaluate(RUN % (repr(script), ATTACKS[attack])))


# A file that the path list allows. It lacks the nonce of the page and a trusted URL.
LOADS = """(address) => new Promise((done) => {
  const script = document.createElement("script");
  script.type = "module";
  script.addEventListener("load", () => done(true));
  script.addEventListener("error", () => done(false));
  try { script.src = address } catch { return done(false) }
  document.body.append(script);
})"""


@dataclass
class Targets:
    """The same attacker's script, and the three kinds of page it wants to run in."""

    script: str
    plain: Frame
    desk: Frame
    chat: Frame
    watches: tuple[Watch, Watch]

    def violations(self) -> int:
        """Return how many violations desk and chat have reported."""
        # Evaluating in a page lets the events of the browser arrive.
        self.desk.evaluate("0")
        return sum(len(watch.violations) for watch in self.watches)


def open_targets(scenario: BrowserScenario) -> Targets:
    scenario.shop.pages["/plain"] = b"<!doctype html><title>Plain</title><p>No policy.</p>"
    scenario.shop.scripts["/attack.js"] = b"window.hit = true;"
    attacker, desk, visitor = scenario.visitor(), scenario.desk(), scenario.visitor()
    attacker.arrive("/plain")
    desk.sign_in()
    visitor.open()
    script = f"{scenario.shop.origin}/attack.js"
    frames = attacker.page.main_frame, desk.page.main_frame, visitor.page.frames[1]
    return Targets(script, *frames, watches=(desk.watch, visitor.watch))


def test_attack_that_works_in_a_plain_page_is_refused_in_desk_and_chat(scenario: BrowserScenario) -> None:
    scenario.expects_violations = True
    targets = open_targets(scenario)
    for attack in ATTACKS:
        assert succeeds(attack, targets.script, targets.plain), f"{attack} does not work anywhere: it proves nothing"
        known = targets.violations()
        for target in (targets.desk, targets.chat):
            assert not succeeds(attack, targets.script, target), attack
            assert target.evaluate("document.getElementById('app').childElementCount") > 0, attack
        wait_until(lambda known=known: targets.violations() > known, 20, f"a policy refuses: {attack}")


def test_own_files_cannot_be_run_by_injected_markup(scenario: BrowserScenario) -> None:
    scenario.expects_violations = True
    targets = open_targets(scenario)
    own = targets.desk.evaluate("document.querySelector('script[src]').src")
    for target in (targets.plain, targets.desk, targets.chat):
        ran = target.evaluate(LOADS, own)
        assert ran == (target == targets.plain)


def test_page_that_is_not_on_the_list_shows_no_chat(scenario: BrowserScenario) -> None:
    embed = f'<script async src="{scenario.server.address}/w/{scenario.site}.js"></script>'
    page = f'<!doctype html><html lang="en"><title>Elsewhere</title><body><h1>Elsewhere</h1>{embed}</body></html>'
    scenario.shop.pages["/"] = scenario.foreign_shop.pages["/"] = page.encode()
    known, other = scenario.visitor(), scenario.visitor()
    known.open()
    expect(known.box).to_be_visible()

    foreign_page = Visitor(other.page, scenario.foreign_shop.origin, other.watch)
    foreign_page.page.clock.install()
    foreign_page.arrive()
    foreign_page.launcher.click()
    # The frame sends nothing, and the loader waits ten seconds for its first message.
    foreign_page.page.wait_for_load_state("networkidle")
    assert len(foreign_page.page.frames) == 2, "the premise: the frame is there"
    foreign_page.page.clock.fast_forward(10_000)
    expect(foreign_page.dialog.get_by_role("status")).to_have_text("The chat did not load.")
    expect(foreign_page.box).to_have_count(0)
    assert [request for request in foreign_page.watch.requests if "/v1/" in request] == []
    assert scenario.timeline() == []


@pytest.mark.parametrize("path", ["/desk/", "/chat/{site}"])
def test_desk_and_chat_cannot_be_framed_by_other_sites(scenario: BrowserScenario, path: str) -> None:
    address = scenario.server.address + path.format(site=scenario.site)
    scenario.foreign_shop.pages["/"] = f'<!doctype html><title>Trap</title><iframe src="{address}"></iframe>'.encode()
    visitor = scenario.visitor()
    visitor.page.goto(scenario.foreign_shop.origin)
    visitor.page.wait_for_load_state("networkidle")
    assert any(request.endswith(address) for request in visitor.watch.requests)
    assert visitor.page.frames[1].url == "chrome-error://chromewebdata/"
