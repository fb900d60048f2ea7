"""The records of a choice on the server, and the receipt in the chat's frame."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Route, expect

from support.browser import wait_in_page
from support.scene import BrowserScenario
from support.shopper import VisitorBrowser

HAS_RECEIPT = "Crumbless.consent.get().receipt !== null"

# A frame of the Crumbless origin sends the request as the chat's frame does. `name` is the element that contains it: as
# the loader makes it, or without a panel, as the page's markup can.
ASK = """async ([address, panel]) => {
  const host = document.createElement("crumbless-chat");
  const frame = document.createElement("iframe");
  frame.src = address;
  const dialog = document.createElement("div");
  dialog.append(frame);
  host.attachShadow({ mode: "open" }).append(dialog);
  if (panel) host.panel = dialog;
  const loaded = new Promise((done) => { frame.onload = done });
  document.body.append(host);
  await loaded;
}"""

LISTEN = """() => {
  window.heard = [];
  addEventListener("message", ({ data }) => { if (data.crumbless === "consent") heard.push(data.receipt) });
  parent.postMessage({ crumbless: "consent?" }, "*");
}"""


def records(scenario: BrowserScenario) -> list[tuple[Any, ...]]:
    """Return the server's records of this site's visitors, oldest first."""
    return scenario.server.rows(
        "SELECT receipt, previous, consent_receipt.analytics, consent_receipt.marketing, source, language "
        "FROM consent_receipt JOIN site ON site.id = site_id WHERE site.key = ? ORDER BY no",
        scenario.site,
    )


def test_grant_change_and_withdrawal_are_recorded_in_a_chain(
    scenario: BrowserScenario, shopper_of: Callable[..., VisitorBrowser]
) -> None:
    shopper = shopper_of()
    shopper.press("Accept all")
    wait_in_page(shopper.page, HAS_RECEIPT)
    first = shopper.get()["receipt"]
    stored = shopper.record()
    assert stored
    assert stored["v"]["rid"] == first
    assert "due" not in stored["v"]
    with shopper.page.expect_event("load"):
        shopper.page.evaluate("Crumbless.consent.set({ marketing: false })")
    wait_in_page(shopper.page, HAS_RECEIPT)
    second = shopper.get()["receipt"]
    with shopper.page.expect_event("load"):
        shopper.page.evaluate("Crumbless.consent.withdraw()")
    expect(shopper.opener).to_be_visible()
    found = records(scenario)
    assert [row[1:] for row in found] == [
        (None, 1, 1, "banner", "en"),
        (first, 1, 0, "api", "en"),
        (second, 0, 0, "api", "en"),
    ]
    stored = shopper.record()
    assert stored
    assert not {"rid", "due"} & set(stored["v"]), "a refusal has no ID"


def test_unsent_choice_is_sent_on_the_next_page(
    scenario: BrowserScenario, shopper_of: Callable[..., VisitorBrowser]
) -> None:
    shopper = shopper_of()

    def refuse(route: Route) -> None:
        route.abort()

    shopper.page.route("**/v1/consent", refuse)
    with shopper.page.expect_event("requestfailed", lambda request: "/v1/consent" in request.url):
        shopper.press("Accept all")
    shopper.wait_loaded("ga4", "tiktok")
    assert records(scenario) == []
    assert shopper.get()["receipt"] is None
    shopper.page.unroute("**/v1/consent", refuse)
    shopper.visitor.arrive("/2")
    wait_in_page(shopper.page, HAS_RECEIPT)
    assert len(records(scenario)) == 1


def test_rejected_choice_is_not_sent_again(
    scenario: BrowserScenario, shopper_of: Callable[..., VisitorBrowser]
) -> None:
    shopper = shopper_of()
    requests: list[str] = []

    def refuse(route: Route) -> None:
        requests.append(route.request.url)
        route.fulfill(status=403, json={"title": "no"}, headers={"access-control-allow-origin": scenario.shop.origin})

    shopper.page.route("**/v1/consent", refuse)
    shopper.press("Accept all")
    shopper.wait_loaded("ga4", "tiktok")
    wait_in_page(shopper.page, "(key) => !JSON.parse(localStorage.getItem(key)).v.due", shopper.key)
    assert len(requests) == 1
    shopper.visitor.arrive("/2")
    shopper.wait_loaded("ga4", "tiktok")
    shopper.page.wait_for_load_state("networkidle")
    assert len(requests) == 1
    assert shopper.get()["receipt"] is None


def test_only_the_chats_frame_receives_the_receipt(
    scenario: BrowserScenario, shopper_of: Callable[..., VisitorBrowser]
) -> None:
    shopper = shopper_of()
    address = f"{scenario.server.address}/healthz"
    shopper.page.evaluate(ASK, [address, False])
    shopper.page.evaluate(ASK, [address, True])
    _, other, chat = shopper.page.frames
    for frame in (other, chat):
        frame.evaluate(LISTEN)
    wait_in_page(chat, "heard.length === 1")
    assert chat.evaluate("heard") == [None]
    shopper.press("Accept all")
    wait_in_page(shopper.page, HAS_RECEIPT)
    receipt = shopper.get()["receipt"]
    wait_in_page(chat, "receipt => heard.at(-1) === receipt", receipt)
    with shopper.page.expect_event("load"):
        assert other.evaluate("heard") == []
        shopper.page.evaluate("Crumbless.consent.withdraw()")


def test_frame_that_asked_too_early_receives_the_receipt_after_the_page_has_loaded(
    scenario: BrowserScenario, shopper_of: Callable[..., VisitorBrowser]
) -> None:
    shopper = shopper_of()
    shopper.page.evaluate(ASK, [f"{scenario.server.address}/healthz", True])
    _, chat = shopper.page.frames
    # Its request went to a page without the script, so this page never received it.
    chat.evaluate(LISTEN.replace('parent.postMessage({ crumbless: "consent?" }, "*");', ""))
    shopper.page.evaluate("dispatchEvent(new Event('load'))")
    wait_in_page(chat, "heard.length === 1")
    assert chat.evaluate("heard") == [None]
