"""A chat continues on another device by a code or a link, and each failure has a message."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect
from sqlalchemy import Connection

from crumbless.accounts.one_time_token_store import new_one_time_token
from crumbless.core.ids import new_id
from crumbless.database.database import write_once
from support.browser import faults_in_both_schemes
from support.scene import SENT, BrowserScenario, Visitor

TO_ANOTHER, FROM_ANOTHER = "Continue on another device", "Continue from another device"
TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


def open_layer(visitor: Visitor, name: str) -> Locator:
    """Open the menu item of this name."""
    visitor.chat.get_by_role("button", name="Menu").click()
    visitor.chat.get_by_role("listitem").get_by_role("button", name=name).click()
    return visitor.chat.get_by_role("dialog", name=name)


def start_chat(scenario: BrowserScenario, **settings: Any) -> Visitor:
    """Return a visitor with a conversation."""
    visitor = scenario.visitor(**settings)
    visitor.open()
    visitor.say("From my phone")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    return visitor


def read_code(layer: Locator) -> str:
    """Return a new code as it is shown."""
    layer.get_by_role("button", name="Show a code").click()
    field = layer.get_by_label("Code")
    expect(field).to_have_value(re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}$"))
    return field.input_value()


def type_code(visitor: Visitor, code: str) -> Locator:
    """Redeem a code where a new visitor sees the form."""
    visitor.chat.get_by_role("button", name=FROM_ANOTHER).click()
    layer = visitor.chat.get_by_role("dialog", name=FROM_ANOTHER)
    expect(layer.get_by_label("Code")).to_be_focused()
    visitor.page.keyboard.type(code)
    visitor.page.keyboard.press("Enter")
    return layer


def test_code_continues_the_chat_once(scenario: BrowserScenario) -> None:
    phone, laptop, late = start_chat(scenario), scenario.visitor(), scenario.visitor()
    layer = open_layer(phone, TO_ANOTHER)
    code = read_code(layer)
    expect(layer.get_by_text("Works once, until")).to_be_visible()
    layer.get_by_role("button", name="Copy").click()
    expect(layer.get_by_text("Copied.")).to_be_visible()
    laptop.open()
    expect(type_code(laptop, code.lower())).to_be_hidden()
    expect(laptop.bubbles()).to_have_text(["From my phone"])
    expect(laptop.box).to_be_focused()
    # Typed, not filled in: a box may have the focus and receive no key.
    laptop.page.keyboard.type("From my laptop")
    laptop.page.keyboard.press("Enter")
    expect(phone.bubbles()).to_have_text(["From my phone", "From my laptop"])
    late.open()
    refused = type_code(late, code)
    expect(refused.get_by_role("alert")).to_contain_text("already used")
    late.page.context.set_offline(True)
    late.page.keyboard.press("Enter")
    expect(refused.get_by_role("alert")).to_contain_text("no connection")
    late.page.keyboard.press("Escape")
    expect(late.chat.get_by_role("button", name=FROM_ANOTHER)).to_be_focused()


def test_link_is_emailed_and_the_response_reveals_nothing(scenario: BrowserScenario) -> None:
    # The size of a usual window at 200 %: the chat fills it, and the message is visible.
    visitor = start_chat(scenario, viewport={"width": 640, "height": 400})
    assert visitor.page.frames[1].evaluate("[innerWidth, innerHeight]") == [640, 400]
    layer = open_layer(visitor, TO_ANOTHER)
    layer.get_by_label("Your email address").fill("nobody")
    layer.get_by_role("button", name="Email me a link").click()
    expect(layer.get_by_text("This is not an email address.")).to_be_in_viewport()
    layer.get_by_label("Your email address").fill("vera@example.org")
    layer.get_by_role("button", name="Email me a link").click()
    expect(layer.get_by_text("Sent. If nothing comes")).to_be_in_viewport()


def test_link_continues_the_chat_and_a_used_link_is_reported(scenario: BrowserScenario) -> None:
    start_chat(scenario)

    def make(connection: Connection) -> str:
        (conversation, workspace), *_ = scenario.server.rows(
            "SELECT conversation.id, conversation.workspace_id FROM conversation "
            "JOIN site ON site.id = conversation.site_id WHERE site.key = ?",
            scenario.site,
        )
        return new_one_time_token(connection, "continue_link", subject=conversation, workspace=workspace, seconds=600)[
            1
        ]

    secret = write_once(scenario.server.database_url, make)
    for words in ("From my phone", "already used"):
        page = scenario.visitor().page
        page.goto(f"{scenario.server.address}/chat/{scenario.site}#continue={secret}")
        expect(page.get_by_text(words)).to_be_visible()
        expect(page.get_by_role("button", name="Close chat")).to_have_count(0)
        assert secret not in page.url


def test_page_of_a_link_offers_no_chat_that_it_cannot_begin(scenario: BrowserScenario) -> None:
    phone, alone = start_chat(scenario), scenario.visitor().page
    started = alone.request.post(
        f"{scenario.server.address}/v1/visitor/start",
        data={
            "site": scenario.site,
            "page_origin": scenario.server.address,
            "id": new_id(),
            "text": "Hello?",
            "claim": "c" * 22,
        },
    )
    assert "foreign_origin" in started.text(), "the server refuses a chat that begins on this page"
    alone.goto(f"{scenario.server.address}/chat/{scenario.site}")
    expect(alone.get_by_text("This page only continues chats.")).to_be_visible()
    expect(alone.get_by_role("link", name=scenario.shop.origin)).to_have_attribute("href", scenario.shop.origin)
    expect(alone.get_by_role("textbox", name="Message")).to_have_count(0)
    assert faults_in_both_schemes(alone, alone.main_frame) == []

    code = read_code(open_layer(phone, TO_ANOTHER))
    alone.get_by_role("button", name=FROM_ANOTHER).click()
    alone.get_by_label("Code").fill(code)
    alone.get_by_role("button", name="Continue here").click()
    expect(alone.get_by_text("From my phone")).to_be_visible()
    expect(alone.get_by_role("textbox", name="Message")).to_be_focused()
    expect(alone.get_by_text("This page only continues chats.")).to_have_count(0)

    phone.page.keyboard.press("Escape")
    panel = open_layer(phone, "Your data")
    panel.get_by_role("button", name="Erase my conversations").click()
    panel.get_by_role("button", name="Erase them").click()
    expect(alone.get_by_text("This page only continues chats.")).to_be_visible()
    expect(alone.get_by_role("textbox", name="Message")).to_have_count(0)


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [("banned", 403, "cannot use this chat"), ("identity_needed", 401, "sign in on this website first")],
)
def test_refused_start_gives_the_reason_and_space_for_a_code(
    scenario: BrowserScenario, code: str, status: int, words: str
) -> None:
    phone, laptop = start_chat(scenario), scenario.visitor()

    def refuse(route: Route) -> None:
        problem = {"type": f"urn:crumbless:problem:{code}", "title": "No", "detail": "", "status": status}
        route.fulfill(status=status, content_type="application/problem+json", body=json.dumps(problem))

    laptop.page.context.route("**/v1/visitor/start", refuse)
    laptop.open()
    laptop.say("Hello?")
    expect(laptop.chat.get_by_text(words)).to_be_visible()
    typed = read_code(open_layer(phone, TO_ANOTHER))
    layer = open_layer(laptop, FROM_ANOTHER)
    layer.get_by_label("Code").fill(typed)
    layer.get_by_role("button", name="Continue here").click()
    expect(laptop.bubbles().first).to_have_text("From my phone")
    expect(laptop.box).to_be_focused()


def test_both_layers_are_accessible(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor(viewport={"width": 360, "height": 700}, reduced_motion="reduce")
    visitor.open()
    frame = visitor.page.frames[1]
    layer = type_code(visitor, "0000")
    expect(layer.get_by_role("alert")).to_contain_text("mistyped")
    assert faults_in_both_schemes(visitor.page, frame) == []
    assert not frame.evaluate(TOO_WIDE)
    visitor.page.keyboard.press("Escape")
    visitor.say("Hello")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    read_code(open_layer(visitor, TO_ANOTHER))
    assert faults_in_both_schemes(visitor.page, frame) == []
    assert not frame.evaluate(TOO_WIDE)
