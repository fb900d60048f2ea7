"""A module that failed to load in an outage loads when it is requested again."""

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from support.scene import SENT, BrowserScenario
from support.shopper import VisitorBrowser

TO_ANOTHER = "Continue on another device"


class Outage:
    """Fails the requests for some files until it ends."""

    def __init__(self, page: Page, files: str) -> None:
        self.page = page
        self.files = files
        self.kinds: list[str] = []
        page.route(files, self._fail)

    def _fail(self, route: Route) -> None:
        self.kinds.append(route.request.resource_type)
        route.abort()

    def end(self) -> None:
        """Allow the files again. A browser that caches failed modules has none, because no file was requested as a
        module."""
        assert set(self.kinds) == {"fetch"}
        self.page.unroute(self.files)


def test_layer_of_the_chat_opens_after_an_outage(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor()
    visitor.open()
    visitor.say("Hello")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    # A file that this module imports and shares with others.
    outage = Outage(visitor.page, "**/assets/frame.transfer_request-*")
    layer = visitor.chat.get_by_role("dialog", name=TO_ANOTHER)
    visitor.chat.get_by_role("button", name="Menu").click()
    visitor.chat.get_by_role("listitem").get_by_role("button", name=TO_ANOTHER).click()
    expect(layer.get_by_role("alert")).to_contain_text("This could not be loaded.")
    outage.end()
    layer.get_by_role("button", name="Back").click()
    visitor.chat.get_by_role("button", name="Menu").click()
    visitor.chat.get_by_role("listitem").get_by_role("button", name=TO_ANOTHER).click()
    expect(layer.get_by_role("button", name="Show a code")).to_be_visible()


def test_page_of_the_desk_opens_after_an_outage(scenario: BrowserScenario) -> None:
    desk = scenario.desk()
    desk.sign_in()
    outage = Outage(desk.page, "**/assets/desk.page_parts-*")
    desk.page.goto(f"{desk.address}#/settings/profile")
    expect(desk.page.get_by_text("This page could not be loaded.")).to_be_visible()
    outage.end()
    desk.page.get_by_role("button", name="Try again").click()
    expect(desk.page.get_by_role("heading", name="Profile", level=1)).to_be_visible()


def test_banner_is_in_the_pages_language_after_its_texts_failed_once(
    shopper_of: Callable[..., VisitorBrowser],
) -> None:
    shopper = shopper_of(lang="de", arrive=False)
    failed: list[str] = []

    def fail(route: Route) -> None:
        failed.append(route.request.url)
        route.abort()

    shopper.page.route("**/consent/*/de.js", fail)
    shopper.visitor.arrive()
    expect(shopper.page.get_by_role("button", name="Alle ablehnen")).to_be_visible()
    assert len(failed) == 1


def test_chat_is_shown_after_its_texts_failed_at_first(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor()
    texts = "**/assets/frame.frame_texts_*"
    visitor.page.route(texts, lambda route: route.abort())
    visitor.arrive()
    with visitor.page.expect_event("requestfailed", lambda request: "frame_texts" in request.url):
        visitor.launcher.click()
    expect(visitor.box).to_have_count(0)
    visitor.page.unroute(texts)
    expect(visitor.box).to_be_visible()


def test_desk_requests_its_data_while_its_texts_are_loading(scenario: BrowserScenario) -> None:
    desk = scenario.desk()
    desk.sign_in()
    waiting: list[Route] = []
    released = False

    def delay(route: Route) -> None:
        if released:
            route.continue_()
        else:
            waiting.append(route)

    desk.page.route("**/assets/desk.desk_texts_*", delay)
    with desk.page.expect_response("**/v1/desk/conversations?*"):
        desk.page.reload(wait_until="commit")
    assert waiting, "the premise: the texts are requested and have not arrived"
    expect(desk.heading).to_have_count(0)
    released = True
    for route in waiting:
        route.continue_()
    expect(desk.heading).to_be_visible()
