"""A visitor's preferences: chosen, stored, synchronised between tabs, and deleted with their item."""

import re

from playwright.sync_api import expect

from support.browser import KEPT, accessibility_faults
from support.scene import BrowserScenario, Visitor


def open_settings(visitor: Visitor) -> None:
    visitor.chat.get_by_role("button", name="Menu").click()
    visitor.chat.get_by_role("button", name="Settings").click()
    expect(visitor.chat.get_by_role("radio", name="Dark")).to_be_visible()


def stored_preferences(visitor: Visitor) -> set[str]:
    keys = {row[1] for row in visitor.page.frames[1].evaluate(KEPT)}
    return {key for key in keys if re.fullmatch(r"crumbless\.(theme|language|text-size|sound)", key)}


def background(visitor: Visitor) -> str:
    return str(visitor.page.frames[1].evaluate("() => getComputedStyle(document.body).backgroundColor"))


def text_size(visitor: Visitor) -> float:
    return float(visitor.page.frames[1].evaluate("() => parseFloat(getComputedStyle(document.body).fontSize)"))


def test_choices_are_applied_stored_and_deleted_with_the_default(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor(color_scheme="light")
    visitor.open()
    size = text_size(visitor)
    assert background(visitor) == "rgb(255, 255, 255)"
    open_settings(visitor)
    assert stored_preferences(visitor) == set(), "opening the settings writes nothing"
    visitor.chat.get_by_role("radio", name="Dark").check()
    visitor.chat.get_by_role("radio", name="Larger").check()
    visitor.chat.get_by_role("checkbox", name=re.compile("quiet tone")).check()
    assert background(visitor) == "rgb(20, 26, 24)"
    assert text_size(visitor) > size * 1.2
    assert stored_preferences(visitor) == {"crumbless.theme", "crumbless.text-size", "crumbless.sound"}

    visitor.open()
    assert background(visitor) == "rgb(20, 26, 24)"
    assert text_size(visitor) > size * 1.2
    open_settings(visitor)
    expect(visitor.chat.get_by_role("checkbox", name=re.compile("quiet tone"))).to_be_checked()
    visitor.chat.get_by_role("checkbox", name=re.compile("quiet tone")).uncheck()
    visitor.chat.get_by_role("radio", name="Same as device").check()
    visitor.chat.get_by_role("radio", name="Normal").check()
    assert stored_preferences(visitor) == set()
    assert background(visitor) == "rgb(255, 255, 255)"
    assert text_size(visitor) == size


def test_another_language_applies_at_once_with_its_direction(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor(reduced_motion="reduce")
    visitor.open()
    open_settings(visitor)
    visitor.chat.get_by_role("combobox", name="Language").select_option("ar")
    expect(visitor.chat.get_by_role("dialog", name="الإعدادات")).to_be_visible()
    root = visitor.chat.locator("html")
    expect(root).to_have_attribute("lang", "ar")
    expect(root).to_have_attribute("dir", "rtl")
    assert accessibility_faults(visitor.page.frames[1]) == []
    visitor.page.reload()
    visitor.launcher.click()
    expect(visitor.chat.get_by_role("textbox", name="الرسالة")).to_be_visible()
    visitor.chat.get_by_role("button", name="القائمة").click()
    visitor.chat.get_by_role("button", name="بياناتك").click()
    expect(visitor.chat.get_by_role("button", name="حذف crumbless.language")).to_be_visible()
    assert accessibility_faults(visitor.page.frames[1]) == []
    visitor.chat.get_by_role("button", name="حذف crumbless.language").click()
    expect(root).to_have_attribute("lang", "en")
    expect(root).to_have_attribute("dir", "ltr")
    expect(visitor.box).to_be_attached()


def test_second_tab_shows_the_same_preferences(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor(color_scheme="light")
    visitor.open()
    other = Visitor(visitor.page.context.new_page(), scenario.shop.origin, visitor.watch)
    other.open()
    open_settings(visitor)
    visitor.chat.get_by_role("radio", name="Dark").check()
    expect(other.chat.locator("html")).to_have_attribute("data-theme", "dark")
    assert background(other) == "rgb(20, 26, 24)"
    other.page.frames[1].evaluate("() => localStorage.removeItem('crumbless.theme')")
    expect(visitor.chat.get_by_role("radio", name="Same as device")).to_be_checked()
    assert background(visitor) == "rgb(255, 255, 255)"


def test_choice_without_storage_lasts_for_the_tab(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor("private", color_scheme="light")
    visitor.open()
    open_settings(visitor)
    visitor.chat.get_by_role("radio", name="Dark").check()
    assert background(visitor) == "rgb(20, 26, 24)"
