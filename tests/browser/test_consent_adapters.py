"""The site's own consent tool in the place of our banner."""

from collections.abc import Callable

from playwright.sync_api import expect

from support.shopper import Shopper

REFUSED = {"analytics": False, "marketing": False}

EXTERNAL = """<script>
  window.CRUMBLESS_CONSENT_EXTERNAL = (() => {
    let granted = null;
    let told = () => undefined;
    window.tool = (given) => { granted = given; told() };
    return { get: () => granted, on: (changed) => { told = changed } };
  })();
</script>"""

# docs/consent.md gives this for IAB TCF.
TCF = """<script>
  window.tcfListeners = [];
  window.__tcfapi = (command, version, hear) => window.tcfListeners.push(hear);
  window.CRUMBLESS_CONSENT_EXTERNAL = (() => {
    let granted = null;
    return {
      get: () => granted,
      on(changed) {
        __tcfapi("addEventListener", 2, (data, ok) => {
          if (!ok || !["tcloaded", "useractioncomplete"].includes(data.eventStatus)) return;
          const may = (...purposes) => purposes.every((one) => data.purpose.consents[one] === true);
          granted = { analytics: may(1, 8), marketing: may(1, 7) };
          changed();
        });
      },
    };
  })();
</script>"""


def test_the_sites_own_tool_decides(shopper_of: Callable[..., Shopper]) -> None:
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


def test_a_tcf_tool_decides(shopper_of: Callable[..., Shopper]) -> None:
    shopper = shopper_of(head=TCF)
    say = """(consents) => tcfListeners.forEach((hear) =>
      hear({ eventStatus: "useractioncomplete", purpose: { consents } }, true))"""
    shopper.page.evaluate(say, {"1": False, "7": True, "8": True})
    assert shopper.grants() == REFUSED
    shopper.page.evaluate(say, {"1": True, "7": True, "8": False})
    shopper.wait_loaded("tiktok")
    assert shopper.grants() == {"analytics": False, "marketing": True}
