"""A visitor's preferences: chosen, kept, followed in every tab, and gone with their item."""

import re

from playwright.sync_api import expect

from support.browser import KEPT, accessibility_faults
from support.scene import BrowserScenario, Visitor


def open_settings(visitor: Visitor) -> None:
    visitor.chat.get_by_role("button", name="Menu").click()
    visitor.chat.get_by_role("button", name="Settings").click()
    expect(visitor.chat.get_by_role("radio", name="Dark")).to_be_visible()


def preferences_kept(visitor: Visitor) -> set[str]:
    keys = {row[1] for row in visitor.page.frames[1].evaluate(KEPT)}
    return {key for key in keys if re.fullmatch(r"crumbless\.(theme|language|text-size|sound)", key)}


def background(visitor: Visitor) -> str:
    return str(visitor.page.frames[1].evaluate("() => getComputedStyle(document.body).backgroundColor"))


def text_size(visitor: Visitor) -> float:
    return float(visitor.page.frames[1].evaluate("() => parseFloat(getComputedStyle(document.body).fontSize)"))


def test_choices_are_followed_kept_and_gone_when_the_standard_is_chosen(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor(color_scheme="light")
    visitor.open()
    size = text_size(visitor)
    assert background(visitor) == "rgb(255, 255, 255)"
    open_settings(visitor)
    assert preferences_kept(visitor) == set(), "looking at the settings writes nothing"
    visitor.chat.get_by_role("radio", name="Dark").check()
    visitor.chat.get_by_role("radio", name="Larger").check()
    visitor.chat.get_by_role("checkbox", name=re.compile("quiet tone")).check()
    assert background(visitor) == "rgb(20, 26, 24)"
    assert text_size(visitor) > size * 1.2
    assert preferences_kept(visitor) == {"crumbless.theme", "crumbless.text-size", "crumbless.sound"}

    visitor.page.reload()
    expect(visitor.box).to_be_visible()
    assert background(visitor) == "rgb(20, 26, 24)"
    assert text_size(visitor) > size * 1.2
    open_settings(visitor)
    expect(visitor.chat.get_by_role("checkbox", name=re.compile("quiet tone"))).to_be_checked()
    visitor.chat.get_by_role("checkbox", name=re.compile("quiet tone")).uncheck()
    visitor.chat.get_by_role("radio", name="Same as device").check()
    visitor.chat.get_by_role("radio", name="Normal").check()
    assert preferences_kept(visitor) == set()
    assert background(visitor) == "rgb(255, 255, 255)"
    assert text_size(visitor) == size


def test_another_language_is_spoken_at_once_and_in_its_direction(scenario: BrowserScenario) -> None:
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
    expect(visitor.chat.get_by_role("textbox", name="الرسالة")).to_be_visible()
    visitor.chat.get_by_role("button", name="القائمة").click()
    visitor.chat.get_by_role("button", name="بياناتك").click()
    expect(visitor.chat.get_by_role("button", name="حذف crumbless.language")).to_be_visible()
    assert accessibility_faults(visitor.page.frames[1]) == []
    visitor.chat.get_by_role("button", name="حذف crumbless.language").click()
    expect(root).to_have_attribute("lang", "en")
    expect(root).to_have_attribute("dir", "ltr")
    expect(visitor.box).to_be_attached()


def test_a_second_tab_is_in_step(scenario: BrowserScenario) -> None:
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


def test_without_storage_a_choice_lasts_for_the_tab(scenario: BrowserScenario) -> None:
    visitor = scenario.visitor("private", color_scheme="light")
    visitor.open()
    open_settings(visitor)
    visitor.chat.get_by_role("radio", name="Dark").check()
    assert background(visitor) == "rgb(20, 26, 24)"
