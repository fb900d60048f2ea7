"""The site's own consent tool instead of our banner."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from support.shopper import VisitorBrowser

REFUSED = {"analytics": False, "marketing": False}

EXTERNAL = """<script>
  window.CRUMBLESS_CONSENT_EXTERNAL = (() => {
    let granted = null;
    let told = () => undefined;
    window.tool = (given) => { granted = given; told() };
    return { get: () => granted, on: (changed) => { told = changed } };
  })();
</script>"""

DOCUMENT = (Path(__file__).parents[2] / "docs" / "consent.md").read_text(encoding="utf-8")


def adapter(title: str, before: str = "") -> str:
    """Return the adapter of docs/consent.md with this title, after the tool's own script."""
    found = re.search(rf"\*\*{re.escape(title)}.*?```js\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found, title
    return f"<script>{before}\n{found[1]}</script>"


def test_custom_tool_decides(shopper_of: Callable[..., VisitorBrowser]) -> None:
    shopper = shopper_of(head=EXTERNAL)
    shopper.page.wait_for_load_state("networkidle")
    assert shopper.loaded() == []
    shopper.page.evaluate("tool({ analytics: true, marketing: 'yes' })")
    shopper.wait_loaded("ga4")
    assert shopper.grants() == {"analytics": True, "marketing": False}
    assert shopper.get()["source"] == "external"
    expect(shopper.banner).to_have_count(0)
    expect(shopper.opener).to_have_count(0)
    assert shopper.key not in shopper.kept()
    with shopper.page.expect_event("load"):
        shopper.page.evaluate("tool({ analytics: false })")
    shopper.page.wait_for_load_state("networkidle")
    assert shopper.kept() == set()


def test_tcf_tool_decides(shopper_of: Callable[..., VisitorBrowser]) -> None:
    tool = "window.tcfListeners = []; window.__tcfapi = (command, version, hear) => tcfListeners.push(hear);"
    shopper = shopper_of(head=adapter("IAB TCF", tool))
    say = """(consents) => tcfListeners.forEach((hear) =>
      hear({ eventStatus: "useractioncomplete", purpose: { consents } }, true))"""
    shopper.page.evaluate(say, {"1": False, "7": True, "8": True})
    assert shopper.grants() == REFUSED
    shopper.page.evaluate(say, {"1": True, "7": True, "8": False})
    shopper.wait_loaded("tiktok")
    assert shopper.grants() == {"analytics": False, "marketing": True}


def test_google_consent_mode_decides(shopper_of: Callable[..., VisitorBrowser]) -> None:
    tool = "window.dataLayer = []; window.gtag = function () { dataLayer.push(arguments) };"
    shopper = shopper_of(head=adapter("Google consent mode", tool))
    shopper.page.evaluate("gtag('consent', 'default', { analytics_storage: 'granted', ad_storage: 'granted' })")
    assert shopper.grants() == REFUSED
    shopper.page.evaluate("gtag('consent', 'update', { analytics_storage: 'denied', ad_storage: 'granted' })")
    shopper.wait_loaded("tiktok")
    assert shopper.grants() == {"analytics": False, "marketing": True}


def test_wp_consent_api_decides(shopper_of: Callable[..., VisitorBrowser]) -> None:
    tool = "window.wpGranted = []; window.wp_has_consent = (category) => wpGranted.includes(category);"
    shopper = shopper_of(head=adapter("WP Consent API", tool))
    assert shopper.grants() == REFUSED
    shopper.page.evaluate(
        "wpGranted.push('marketing'); document.dispatchEvent(new Event('wp_listen_for_consent_change'))"
    )
    shopper.wait_loaded("tiktok")
    assert shopper.grants() == {"analytics": False, "marketing": True}
