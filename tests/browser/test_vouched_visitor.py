"""The page identifies its visitor and signs them out: the chat's view, and the data in the browser."""

import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Route, expect
from sqlalchemy import Connection

from browser.test_continue_elsewhere import TO_ANOTHER, open_layer, read_code, start_chat, type_code
from crumbless.database.database import write_once
from crumbless.sites.site_store import find_site
from crumbless.visitors.identity_key_store import add_identity_key, set_mode
from support.browser import wait_in_page
from support.scene import SENT, BrowserScenario, Visitor
from support.vouching import pem_of, snippet


class Vouching:
    """Identity verification of the scene's site, with a separate key."""

    def __init__(self, scenario: BrowserScenario) -> None:
        self.site = scenario.site
        self.kid = f"key-{scenario.site}"
        self.key = Ed25519PrivateKey.generate()

        def add(connection: Connection) -> None:
            site = find_site(connection, scenario.site)
            assert site is not None
            set_mode(connection, site.id, "optional")
            add_identity_key(connection, site, self.kid, "EdDSA", "test", public_key=pem_of(self.key))

        write_once(f"sqlite:///{scenario.server.database}", add)

    def token(self, subject: str, **claims: Any) -> str:
        """Return a token for this subject."""
        now = int(time.time())
        claimed = {"aud": self.site, "sub": subject, "iat": now, "exp": now + 600, "name": subject.title(), **claims}
        return jwt.encode(claimed, self.key, "EdDSA", headers={"kid": self.kid})


def test_verified_visitor_continues_on_another_device(scenario: BrowserScenario) -> None:
    vouching, desk = Vouching(scenario), scenario.desk()
    desk.sign_in()
    phone, laptop = scenario.visitor(), scenario.visitor()
    phone.arrive()
    phone.page.evaluate(
        "token => Crumbless.identify(token)",
        vouching.token("anna", email="anna@shop.example", attributes={"plan": "pro"}),
    )
    assert phone.page.frames[1:] == [], "nothing is fetched before the chat is opened"
    phone.launcher.click()
    phone.say("From my phone")
    desk.open("From my phone")
    expect(desk.page.get_by_role("heading", name="Anna")).to_be_visible()
    details = desk.page.get_by_role("complementary", name="Details")
    expect(details.get_by_text("Verified by the site")).to_be_visible()
    expect(details.get_by_text("anna@shop.example")).to_be_visible()
    expect(details.get_by_text("plan: pro")).to_be_visible()
    laptop.open()
    laptop.page.evaluate("token => Crumbless.identify(token)", vouching.token("anna"))
    expect(laptop.bubbles()).to_have_text(["From my phone"])
    laptop.say("From my laptop")
    expect(phone.bubbles()).to_have_text(["From my phone", "From my laptop"])


def test_documented_page_identifies_its_visitor(scenario: BrowserScenario) -> None:
    vouching, desk, visitor = Vouching(scenario), scenario.desk(), scenario.visitor()
    lines = snippet("html").replace("https://chat.example", scenario.server.address).replace("SITEKEY", scenario.site)
    assert "eyJ…" in lines
    page = f"<!doctype html><title>Shop</title><h1>Shop</h1>{lines.replace('eyJ…', vouching.token('anna'))}"
    scenario.shop.pages["/"] = page.encode()
    visitor.open()
    visitor.say("Who am I?")
    desk.sign_in()
    desk.open("Who am I?")
    expect(desk.page.get_by_role("heading", name="Anna")).to_be_visible()
    expect(desk.page.get_by_text("Verified by the site")).to_be_visible()


def test_page_identifies_its_visitor_before_a_slow_loader_arrives(scenario: BrowserScenario) -> None:
    vouching, desk, visitor = Vouching(scenario), scenario.desk(), scenario.visitor()
    lines = snippet("html").replace("https://chat.example", scenario.server.address).replace("SITEKEY", scenario.site)
    assert "<script async" in lines
    page = f"<!doctype html><title>Shop</title><h1>Shop</h1>{lines.replace('eyJ…', vouching.token('anna'))}"
    scenario.shop.pages["/"] = page.encode()
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    visitor.page.route("**/w/*.js", hold)
    visitor.page.goto(scenario.shop.origin, wait_until="commit")
    wait_in_page(visitor.page, "window.Crumbless?.q.length === 1")
    assert visitor.page.locator("crumbless-chat").count() == 0, "the loader has not run"
    [loader] = waiting
    loader.continue_()
    visitor.launcher.click()
    visitor.say("Who am I?")
    desk.sign_in()
    desk.open("Who am I?")
    expect(desk.page.get_by_role("heading", name="Anna")).to_be_visible()
    expect(desk.page.get_by_text("Verified by the site")).to_be_visible()


def test_queue_of_the_page_works_after_the_loader_has_arrived(scenario: BrowserScenario) -> None:
    vouching, visitor = Vouching(scenario), scenario.visitor()
    visitor.open()
    visitor.page.evaluate("token => Crumbless.q.push(token)", vouching.token("anna"))
    visitor.say("My secret")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    visitor.page.evaluate("Crumbless.q.push(null)")
    expect(visitor.bubbles()).to_have_count(0)


def continue_here(phone: Visitor, laptop: Visitor) -> str:
    """Continue the phone's chat on the laptop, by a code. Return a further code that is not used yet."""
    code = read_code(open_layer(phone, TO_ANOTHER))
    laptop.open()
    expect(type_code(laptop, code)).to_be_hidden()
    expect(laptop.bubbles()).to_have_text(["From my phone"])
    phone.page.keyboard.press("Escape")
    further = read_code(open_layer(phone, TO_ANOTHER))
    phone.page.keyboard.press("Escape")
    return further


def test_transferred_chat_ends_on_the_old_device_when_its_visitor_is_verified(scenario: BrowserScenario) -> None:
    vouching, phone, laptop, late = Vouching(scenario), start_chat(scenario), scenario.visitor(), scenario.visitor()
    code = continue_here(phone, laptop)
    laptop.page.evaluate("token => Crumbless.identify(token)", vouching.token("anna"))
    expect(phone.chat.get_by_text("This chat has ended. Your next message starts a new one.")).to_be_visible()
    laptop.say("My secret")
    expect(laptop.bubbles()).to_have_text(["From my phone", "My secret"])
    late.open()
    expect(type_code(late, code).get_by_role("alert")).to_contain_text("already used")
    phone.say("Somebody else")
    expect(phone.bubbles()).to_have_text(["Somebody else"])


def test_two_verified_devices_of_a_visitor_continue(scenario: BrowserScenario) -> None:
    vouching, phone, laptop = Vouching(scenario), start_chat(scenario), scenario.visitor()
    continue_here(phone, laptop)
    for device in (laptop, phone):
        device.page.evaluate("token => Crumbless.identify(token)", vouching.token("anna"))
    for device, others in ((laptop, []), (phone, ["From my laptop"])):
        expect(device.bubbles()).to_have_text(["From my phone", *others])
        device.say("From my laptop" if device is laptop else "From my phone again")
    for device in (laptop, phone):
        expect(device.bubbles()).to_have_text(["From my phone", "From my laptop", "From my phone again"])


def test_logout_of_the_page_deletes_the_chat_also_offline(scenario: BrowserScenario) -> None:
    vouching, visitor = Vouching(scenario), scenario.visitor()
    visitor.open()
    visitor.page.evaluate("token => Crumbless.identify(token)", vouching.token("anna"))
    visitor.say("My secret")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    visitor.page.context.set_offline(True)
    visitor.page.evaluate("Crumbless.logout()")
    expect(visitor.bubbles()).to_have_count(0)
    stored = visitor.page.frames[1].evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert [key for key in stored if scenario.site in key] == []
    visitor.page.context.set_offline(False)
    visitor.page.evaluate("token => Crumbless.identify(token)", vouching.token("berta"))
    visitor.say("Somebody else")
    expect(visitor.bubbles()).to_have_text(["Somebody else"])
