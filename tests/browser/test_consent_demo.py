"""The demo's shop with its strict policy and the tags of Google and TikTok, which are local test doubles."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from crumbless.database.schema import migrate
from crumbless.demo.shop import Shop
from support.browser import accessibility_faults, wait_in_page
from support.scene import BrowserScenario
from support.server import ServerProcess
from support.shop import ShopServer
from support.shopper import VisitorBrowser, use_tags
from support.vendors import Vendor, google, tiktok

COOKIES = {"_ga", "_ttp", "_tt_enable_cookie", "ttcsid"}


@pytest.fixture
def vendors() -> Iterator[tuple[Vendor, Vendor]]:
    """Start the doubles of Google and TikTok."""
    with google() as ga4, tiktok() as pixel:
        yield ga4, pixel


@pytest.fixture
def shopper(
    vendors: tuple[Vendor, Vendor], shops: tuple[ShopServer, ShopServer], browser_of: Any, tmp_path: Path
) -> Iterator[VisitorBrowser]:
    """Return a visitor's browser in the demo's shop with tags."""
    ga4, pixel = vendors
    database = tmp_path / "crumbless.db"
    migrate(f"sqlite:///{database}")
    server = ServerProcess(database, ga4_script_url=ga4.address, tiktok_script_url=pixel.address)
    server.start()
    scenario = BrowserScenario(server, *shops, browser_of)
    use_tags(scenario, "ga4", "tiktok")
    scenario.shop.show(Shop(server.address, (ga4.address, pixel.address)), scenario.site)
    shopper = VisitorBrowser(scenario.visitor(), scenario.site)
    yield shopper
    shopper.leave_clean()
    scenario.check()
    scenario.close()
    assert server.stop() == 0


def test_vendors_receive_nothing_before_the_grant_or_after_the_withdrawal(
    shopper: VisitorBrowser, vendors: tuple[Vendor, Vendor]
) -> None:
    ga4, pixel = vendors
    shopper.visitor.arrive()
    expect(shopper.banner).to_be_visible()
    shopper.page.wait_for_load_state("networkidle")
    assert ga4.arrived == pixel.arrived == []
    assert accessibility_faults(shopper.page.main_frame) == []
    shopper.press("Accept all")
    for vendor in vendors:
        vendor.wait_for(lambda vendor=vendor: len(vendor.arrived) >= 2)
    assert shopper.kept() >= COOKIES
    shopper.page.get_by_role("link", name="Privacy choices").click()
    with shopper.page.expect_event("load"):
        shopper.choices.get_by_role("button", name="Reject all").click()
    shopper.page.wait_for_load_state("networkidle")
    assert shopper.kept() == {shopper.key}
    before = len(ga4.arrived), len(pixel.arrived)
    shopper.visitor.arrive("/delivery")
    shopper.page.wait_for_load_state("networkidle")
    assert (len(ga4.arrived), len(pixel.arrived)) == before


def test_each_vendor_receives_only_events_of_its_category(
    shopper: VisitorBrowser, vendors: tuple[Vendor, Vendor]
) -> None:
    ga4, pixel = vendors
    shopper.visitor.arrive()
    shopper.press("Choose")
    shopper.choices.get_by_label("Analytics").check()
    shopper.choices.get_by_role("button", name="Save choice").click()
    ga4.wait_for(lambda: any(one.path == "/g/collect" for one in ga4.arrived))
    shopper.page.wait_for_load_state("networkidle")
    hit = next(one for one in ga4.arrived if one.path == "/g/collect")
    assert hit.query["gcs"] == "G101"
    assert set(hit.query) == {"v", "tid", "cid", "en", "dl", "gcs"}
    assert hit.body == b""
    assert pixel.arrived == []
    # Each change of the consent makes the vendor's script check its cookies again.
    wait_in_page(shopper.page, "Crumbless.consent.get().receipt")
    # As long as the consent, not the vendor's two years.
    [cookie] = [one for one in shopper.page.context.cookies() if one.get("name") == "_ga"]
    assert cookie.get("expires", 0) <= time.time() + 182 * 86_400 + 60


def test_link_without_tags_opens_the_policy_page(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor()
    visitor.arrive()
    expect(visitor.launcher).to_be_visible()
    assert visitor.page.locator("crumbless-consent").count() == 0
    visitor.page.get_by_role("link", name="Privacy choices").click()
    visitor.page.wait_for_url(f"{scenario.server.address}/policy/{scenario.site}")
