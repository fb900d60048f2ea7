"""The consent manager on a site's page: no vendor script before the grant, no stored item after the withdrawal."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from support.browser import wait_in_page
from support.scene import BrowserScenario, Visitor
from support.server import wait_until
from support.shopper import GA4, WAITING, VisitorBrowser, drop_tags, use_tags

SIGNALS = {
    "GPC": 'Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true })',
    "DNT": 'Object.defineProperty(Navigator.prototype, "doNotTrack", { get: () => "1" })',
}

NO_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError") } });
}"""

VENDOR_ITEMS = {"_ga", "_ga_X1", "_ttp", "ttcsid_C7", "tt_sessionId"}

GRANTED = {"analytics": True, "marketing": True}
REFUSED = {"analytics": False, "marketing": False}


def eventually(condition: Callable[[], bool], fact: str) -> None:
    """Wait until the condition holds."""
    wait_until(condition, 30, fact)


def test_nothing_is_loaded_or_stored_before_the_choice(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of()
    expect(shopper.banner).to_be_visible()
    shopper.page.wait_for_load_state("networkidle")
    assert shopper.vendor_requests() == []
    assert shopper.visitor.watch.writes == []
    assert shopper.kept() == set()
    assert shopper.get()["needed"]
    assert not shopper.get()["decided"]


def test_granted_scripts_load_in_order_and_stay_granted(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of()
    shopper.press("Accept all")
    shopper.wait_loaded("ga4", "tiktok")
    expect(shopper.banner).to_have_count(0)
    assert str(shopper.page.locator("script#first").get_attribute("src")).endswith(GA4)
    assert shopper.page.locator("script#first").get_attribute("data-service") == "ga4"
    shopper.visitor.arrive("/2")
    shopper.wait_loaded("ga4", "tiktok")
    expect(shopper.opener).to_be_visible()
    expect(shopper.banner).to_have_count(0)
    assert shopper.grants() == GRANTED


def test_refusal_is_stored_as_long_as_a_consent_and_without_an_id(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of()
    shopper.press("Reject all")
    expect(shopper.banner).to_have_count(0)
    stored = shopper.record()
    assert stored
    assert set(stored["v"]) == {"v", "rev", "t", "c", "src"}
    assert stored["v"]["c"] == {"analytics": 0, "marketing": 0}
    assert stored["until"] - stored["v"]["t"] == 182 * 86_400_000
    assert [request for request in shopper.visitor.watch.requests if "/v1/" in request] == []
    shopper.visitor.arrive("/2")
    expect(shopper.opener).to_be_visible()
    expect(shopper.banner).to_have_count(0)
    assert shopper.vendor_requests() == []


def test_withdrawal_deletes_vendor_data_and_reloads_once(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of(arrive=False)
    shopper.visitor.arrive("/shelf/tea")
    shopper.press("Accept all")
    shopper.wait_loaded("ga4", "tiktok")
    assert {"_ga", "_ga_X1", "_ga_X2", "_ttp", "ttcsid_C7", "tt_sessionId"} <= shopper.kept()
    before = len(shopper.loads)
    with shopper.page.expect_event("load"):
        shopper.page.evaluate("Crumbless.consent.withdraw()")
    expect(shopper.opener).to_be_visible()
    shopper.page.wait_for_load_state("networkidle")
    assert len(shopper.loads) == before + 1
    assert shopper.kept() == {shopper.key}
    assert shopper.loaded() == []
    assert shopper.grants() == REFUSED


def test_one_category_can_be_granted_and_withdrawn(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of()
    shopper.press("Choose")
    expect(shopper.choices.get_by_role("heading", name="Privacy choices")).to_be_focused()
    switches = shopper.choices.get_by_role("switch")
    expect(switches).to_have_count(2)
    for switch in switches.all():
        expect(switch).not_to_be_checked()
    shopper.choices.get_by_role("switch", name="Analytics").check()
    shopper.choices.get_by_role("button", name="Save choice").click()
    shopper.wait_loaded("ga4")
    assert shopper.grants() == {"analytics": True, "marketing": False}
    shopper.opener.click()
    expect(shopper.choices.get_by_role("switch", name="Analytics")).to_be_checked()
    with shopper.page.expect_event("load"):
        shopper.choices.get_by_role("button", name="Reject all").click()
    expect(shopper.opener).to_be_visible()
    assert shopper.kept() == {shopper.key}


def test_script_that_is_added_later_waits_for_consent_too(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of(body="")
    add = """(address) => {
      const script = document.createElement("script");
      script.type = "text/plain";
      script.dataset.category = "analytics";
      script.dataset.src = address;
      document.body.append(script);
    }"""
    shopper.page.evaluate(add, GA4)
    expect(shopper.banner).to_be_visible()
    assert shopper.vendor_requests() == []
    shopper.press("Accept all")
    shopper.wait_loaded("ga4")
    shopper.page.evaluate(add, GA4)
    shopper.wait_loaded("ga4", "ga4")


@pytest.mark.parametrize("signal", SIGNALS)
def test_privacy_signal_denies_without_a_question_or_a_write(
    shopper_of: Callable[..., VisitorBrowser], signal: str
) -> None:
    shopper = shopper_of(script=SIGNALS[signal])
    expect(shopper.opener).to_be_visible()
    expect(shopper.banner).to_have_count(0)
    assert shopper.get()["source"] == "signal"
    assert shopper.kept() == set()
    assert shopper.vendor_requests() == []
    shopper.opener.click()
    expect(shopper.choices.get_by_text("sends a do-not-track signal")).to_be_visible()
    shopper.choices.get_by_role("button", name="Accept all").click()
    shopper.wait_loaded("ga4", "tiktok")
    shopper.visitor.arrive("/2")
    shopper.wait_loaded("ga4", "tiktok")


def test_privacy_signal_ends_an_earlier_consent(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of()
    shopper.press("Accept all")
    shopper.wait_loaded("ga4", "tiktok")
    assert shopper.kept() >= VENDOR_ITEMS, "the premise"
    shopper.page.context.add_init_script(SIGNALS["GPC"])
    shopper.visitor.arrive("/2")
    expect(shopper.opener).to_be_visible()
    assert shopper.get()["source"] == "signal"
    assert shopper.loaded() == []
    eventually(lambda: not VENDOR_ITEMS & shopper.kept(), "the vendors' items are deleted")


TAMPERED: dict[str, str] = {
    "not JSON": "'nonsense{'",
    "null": "'null'",
    "no end": "JSON.stringify({ v: kept.v })",
    "over": "JSON.stringify({ ...kept, until: 1 })",
    "longer than 182 days": "JSON.stringify({ ...kept, until: kept.until + 1 })",
    "given tomorrow": "JSON.stringify({ ...kept, until: kept.until + 864e5, v: { ...kept.v, t: kept.v.t + 864e5 } })",
    "an unknown field": "JSON.stringify({ ...kept, v: { ...kept.v, id: 'x' } })",
    "an unknown field outside": "JSON.stringify({ ...kept, id: 'x' })",
    "true for 1": "JSON.stringify({ ...kept, v: { ...kept.v, c: { analytics: true, marketing: 1 } } })",
    "a category too many": "JSON.stringify({ ...kept, v: { ...kept.v, c: { ...kept.v.c, more: 1 } } })",
    "another version": "JSON.stringify({ ...kept, v: { ...kept.v, v: 2 } })",
    "an older revision": "JSON.stringify({ ...kept, v: { ...kept.v, rev: kept.v.rev - 1 } })",
}


def test_invalid_record_is_no_consent(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of()
    shopper.press("Accept all")
    shopper.wait_loaded("ga4", "tiktok")
    # The record's ID is written into it after the server's response, and would undo the damage.
    wait_in_page(shopper.page, "(key) => JSON.parse(localStorage.getItem(key)).v.rid", shopper.key)
    valid = json.dumps(shopper.record())
    for name, change in {**TAMPERED, "unchanged": "JSON.stringify(kept)"}.items():
        shopper.page.context.clear_cookies()
        shopper.page.evaluate(
            f"([key, valid]) => {{ const kept = JSON.parse(valid); localStorage.setItem(key, {change}); }}",
            [shopper.key, valid],
        )
        # The damage is caused by the test.
        shopper.visitor.watch.storage.forget()
        shopper.visitor.arrive("/2")
        if name == "unchanged":
            shopper.wait_loaded("ga4", "tiktok")
            assert shopper.grants() == GRANTED, "the premise: only the change makes the record invalid"
        else:
            expect(shopper.banner, name).to_be_visible()
            assert shopper.grants() == REFUSED, name
            assert shopper.loaded() == [], name


@pytest.mark.parametrize("change", ["over", "an older revision"])
def test_ended_consent_deletes_vendor_data_on_the_next_page(
    shopper_of: Callable[..., VisitorBrowser], change: str
) -> None:
    shopper = shopper_of()
    shopper.press("Accept all")
    shopper.wait_loaded("ga4", "tiktok")
    wait_in_page(shopper.page, "(key) => JSON.parse(localStorage.getItem(key)).v.rid", shopper.key)
    assert shopper.kept() >= VENDOR_ITEMS, "the premise"
    shopper.visitor.arrive("/2")
    shopper.wait_loaded("ga4", "tiktok")
    assert shopper.kept() >= VENDOR_ITEMS, "consent in force deletes nothing"
    shopper.page.evaluate(
        f"""(key) => {{
          const kept = JSON.parse(localStorage.getItem(key));
          localStorage.setItem(key, {TAMPERED[change]});
        }}""",
        shopper.key,
    )
    shopper.visitor.watch.storage.forget()
    shopper.visitor.arrive()
    expect(shopper.banner).to_be_visible()
    eventually(lambda: not VENDOR_ITEMS & shopper.kept(), "the vendors' items are deleted")


def test_new_vendor_causes_a_new_question(scenario: BrowserScenario, shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of(arrive=False)
    drop_tags(scenario, "tiktok")
    shopper.visitor.arrive()
    shopper.press("Reject all")
    shopper.visitor.arrive("/2")
    expect(shopper.opener).to_be_visible()
    expect(shopper.banner).to_have_count(0)
    use_tags(scenario, "tiktok")
    # The browser's copy of the script is at most five minutes old.
    shopper.page.context.route("**/consent.js*", lambda route: route.continue_())
    shopper.visitor.arrive()
    expect(shopper.banner).to_be_visible()
    expect(shopper.banner).to_contain_text("TikTok Pixel")


def test_two_tabs_show_the_same_choice(scenario: BrowserScenario, shopper_of: Callable[..., VisitorBrowser]) -> None:
    first = shopper_of()
    second = VisitorBrowser(
        Visitor(first.page.context.new_page(), scenario.shop.origin, first.visitor.watch), scenario.site
    )
    second.visitor.arrive()
    first.press("Accept all")
    second.wait_loaded("ga4", "tiktok")
    expect(second.banner).to_have_count(0)
    with second.page.expect_event("load"):
        first.page.evaluate("Crumbless.consent.withdraw()")
    expect(second.opener).to_be_visible()
    expect(first.opener).to_be_visible()
    first.page.wait_for_load_state("networkidle")
    first.wait_loaded()
    second.wait_loaded()
    assert first.kept() == {first.key}


def test_choice_without_storage_applies_to_the_page(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of(script=NO_STORAGE)
    expect(shopper.banner).to_contain_text("blocks storage")
    shopper.press("Reject all")
    expect(shopper.banner).to_have_count(0)
    shopper.visitor.arrive("/2")
    expect(shopper.banner).to_contain_text("blocks storage")


def policy(*directives: str) -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(directives)}">'


@pytest.mark.parametrize("lang", ["en", "de"])
def test_strict_policy_is_sufficient(
    scenario: BrowserScenario, shopper_of: Callable[..., VisitorBrowser], lang: str
) -> None:
    strict = policy(
        "default-src 'none'",
        f"script-src {scenario.server.address} {scenario.shop.origin}/vendor/",
        f"connect-src {scenario.server.address}",
        "require-trusted-types-for 'script'",
        "trusted-types crumbless",
    )
    shopper = shopper_of(head=strict, lang=lang)
    names = {"en": ("Your privacy", "Accept all"), "de": ("Ihre Privatsphäre", "Alle annehmen")}[lang]
    shopper.page.get_by_role("region", name=names[0]).get_by_role("button", name=names[1]).click()
    shopper.wait_loaded("ga4", "tiktok")


def test_without_the_trusted_types_policy_only_scripts_fail_with_a_console_message(
    scenario: BrowserScenario, shopper_of: Callable[..., VisitorBrowser]
) -> None:
    scenario.expects_violations = True
    strict = policy(
        f"script-src {scenario.server.address}", "require-trusted-types-for 'script'", "trusted-types 'none'"
    )
    shopper = shopper_of(head=strict)
    with shopper.page.expect_console_message(lambda message: "trusted-types crumbless" in message.text):
        shopper.press("Accept all")
    expect(shopper.opener).to_be_visible()
    assert shopper.grants() == GRANTED
    assert shopper.loaded() == []


def test_failed_connection_does_not_change_the_choice(
    scenario: BrowserScenario, shopper_of: Callable[..., VisitorBrowser]
) -> None:
    scenario.expects_violations = True
    shopper = shopper_of(head=policy("connect-src 'none'"))
    shopper.press("Accept all")
    shopper.wait_loaded("ga4", "tiktok")
    shopper.visitor.arrive("/2")
    shopper.wait_loaded("ga4", "tiktok")
    assert shopper.grants() == GRANTED


def test_inline_script_is_not_run_and_reported_in_the_console(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of(body='<script type="text/plain" data-category="analytics">window.loaded = ["text"]</script>')
    with shopper.page.expect_console_message(lambda message: "needs data-src" in message.text):
        shopper.press("Accept all")
    assert shopper.loaded() == []


def test_banner_works_by_keyboard_alone(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of()
    expect(shopper.banner).to_be_visible()
    assert shopper.page.evaluate("document.activeElement === document.body"), "the banner takes no focus"
    keyboard = shopper.page.keyboard
    keyboard.press("Escape")
    expect(shopper.banner).to_be_visible()
    for name in ("What is stored and why", "Accept all", "Reject all", "Choose"):
        keyboard.press("Tab")
        role = "link" if name.startswith("What") else "button"
        expect(shopper.banner.get_by_role(role, name=name)).to_be_focused()
    keyboard.press("Tab")
    expect(shopper.page.get_by_role("link", name="More")).to_be_focused()
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    expect(shopper.choices.get_by_role("heading", name="Privacy choices")).to_be_focused()
    keyboard.press("Escape")
    expect(shopper.choices).to_have_count(0)
    expect(shopper.banner.get_by_role("button", name="Choose")).to_be_focused()
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    expect(shopper.opener).to_be_focused()


def test_link_of_the_page_opens_the_choices_and_withdraws(shopper_of: Callable[..., VisitorBrowser]) -> None:
    links = (
        '<a href="/policy" data-crumbless-consent>Privacy choices here</a>'
        '<button data-crumbless-consent="withdraw">Take it back</button>'
    )
    shopper = shopper_of(body=WAITING + links)
    shopper.press("Accept all")
    shopper.wait_loaded("ga4", "tiktok")
    expect(shopper.banner).to_have_count(0)
    expect(shopper.page.get_by_role("button", name="Privacy choices")).to_have_count(0)
    shopper.page.get_by_role("link", name="Privacy choices here").click()
    expect(shopper.choices).to_be_visible()
    shopper.page.keyboard.press("Escape")
    with shopper.page.expect_event("load"):
        shopper.page.get_by_role("button", name="Take it back").click()
    wait_in_page(shopper.page, "Crumbless.consent.get().source === 'settings'")
    assert shopper.kept() == {shopper.key}


def test_interface_reports_changes(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of(body="")
    # The test pressed settings of the page itself, which the watch does not see.
    shopper.visitor.watch.storage.note("choose")
    shopper.page.evaluate(
        """() => {
          window.heard = [];
          Crumbless.consent.on("change", (now) => heard.push(["on", now.analytics, now.source]));
          document.addEventListener("crumbless:consent", ({ detail }) => heard.push(["event", detail.analytics]));
          Crumbless.consent.set({ analytics: true });
        }"""
    )
    heard = shopper.page.evaluate("window.heard.slice(0, 2)")
    assert heard == [["on", True, "api"], ["event", True]]
    assert shopper.grants() == {"analytics": True, "marketing": False}


def test_site_without_tags_shows_no_banner(scenario: BrowserScenario) -> None:
    address = f"{scenario.server.address}/consent.js?site={scenario.site}"
    page = f'<!doctype html><html lang="en"><title>Shop</title><body><script src="{address}"></script></body></html>'
    scenario.shop.pages["/"] = page.encode()
    visitor = scenario.visitor()
    visitor.arrive()
    visitor.page.wait_for_load_state("networkidle")
    choice = visitor.page.evaluate("Crumbless.consent.get()")
    assert choice == {
        "needed": False, "decided": False, "source": None, "analytics": False, "marketing": False, "receipt": None
    }  # fmt: skip
    assert visitor.page.locator("crumbless-consent").count() == 0
    assert visitor.watch.writes == []
