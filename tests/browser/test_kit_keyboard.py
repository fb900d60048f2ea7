"""The parts of web/ui/kit by keyboard, as the ARIA Authoring Practices describe them, and the long list."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.browser import wait_in_page
from support.kit import NARROW, WIDE, KitPage

FOCUSED = "() => document.activeElement.textContent.trim()"


@pytest.fixture
def page(kit: KitPage) -> Page:
    """Return the page in a wide window."""
    return kit.open(WIDE)


def press(page: Page, *keys: str) -> str:
    """Press keys one after the other. Return the text of the focused element."""
    for key in keys:
        page.keyboard.press(key)
    return page.evaluate(FOCUSED)


def test_menu_opens_and_moves_by_arrow_keys(page: Page) -> None:
    button = page.get_by_role("button", name="More actions")
    menu = page.get_by_role("menu", name="More actions")
    button.focus()
    assert press(page, "ArrowDown") == "Copy the linkC"
    expect(menu).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    assert press(page, "ArrowDown") == "Export"
    assert press(page, "End") == "Erase…"
    assert press(page, "ArrowDown") == "Copy the linkC"
    assert press(page, "ArrowUp") == "Erase…"
    assert press(page, "Home") == "Copy the linkC"
    press(page, "Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    assert press(page, "ArrowUp") == "Erase…"


def test_menu_finds_typed_letters(page: Page) -> None:
    page.clock.install()
    page.get_by_role("button", name="More actions").focus()
    press(page, "Enter")
    assert press(page, "b") == "Ban the visitor…"
    # A pause ends the search.
    page.clock.run_for(1000)
    assert press(page, "e") == "Erase…"
    page.clock.run_for(1000)
    assert press(page, "e", "x") == "Export"


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_menu_item_is_chosen_and_the_focus_returns(page: Page, key: str) -> None:
    button = page.get_by_role("button", name="More actions")
    button.focus()
    press(page, key, "ArrowDown", key)
    expect(page.locator("#chosen")).to_have_text("Export")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(button).to_be_focused()


def test_disabled_menu_item_is_focusable_and_does_nothing(page: Page) -> None:
    page.get_by_role("button", name="More actions").focus()
    assert press(page, "Enter", "ArrowDown", "ArrowDown") == "Close for now"
    press(page, "Enter")
    expect(page.locator("#chosen")).to_have_text("")
    expect(page.get_by_role("menu")).to_be_visible()


def test_menu_choice_has_a_state(page: Page) -> None:
    page.get_by_role("button", name="Show", exact=True).click()
    choice = page.get_by_role("menuitemcheckbox", name="Unread only")
    expect(choice).to_have_attribute("aria-checked", "false")
    press(page, "Enter")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(choice).to_have_attribute("aria-checked", "true")


def test_tab_closes_the_menu_and_moves_on(page: Page) -> None:
    page.get_by_role("button", name="More actions").focus()
    press(page, "ArrowDown")
    assert press(page, "Tab") == "Show"
    expect(page.get_by_role("menu")).to_have_count(0)


def test_menu_closes_by_a_press_on_its_button_or_outside(page: Page) -> None:
    button, menu = page.get_by_role("button", name="More actions"), page.get_by_role("menu")
    for close in (button.click, page.get_by_role("heading", name="States of the parts").click):
        button.click()
        expect(menu).to_be_visible()
        close()
        expect(menu).to_have_count(0)


def test_tabs_are_chosen_by_arrow_keys(page: Page) -> None:
    tabs = page.get_by_role("tab")
    panel = page.get_by_role("tabpanel")
    tabs.first.focus()
    assert press(page, "ArrowRight") == "Files"
    expect(panel).to_have_accessible_name("Files")
    expect(panel).to_have_text("Files of the contact")
    assert press(page, "ArrowRight", "ArrowRight") == "Overview"
    assert press(page, "ArrowLeft") == "History"
    assert press(page, "Home") == "Overview"
    assert press(page, "End") == "History"
    assert tabs.evaluate_all("(all) => all.map((one) => one.tabIndex)") == [-1, -1, 0]
    press(page, "Tab")
    expect(panel).to_be_focused()


def test_arrow_keys_of_tabs_follow_the_direction(kit: KitPage) -> None:
    page = kit.open(WIDE, dir="rtl")
    page.get_by_role("tab").first.focus()
    assert press(page, "ArrowLeft") == "Files"
    assert press(page, "ArrowRight", "ArrowRight") == "History"


@pytest.mark.parametrize(("button", "name"), [("Erase a visitor", "Erase this visitor?"), ("Details", "Details")])
def test_dialog_holds_the_focus_and_returns_it(page: Page, button: str, name: str) -> None:
    opener = page.get_by_role("button", name=button, exact=True)
    opener.focus()
    press(page, "Enter")
    dialog = page.get_by_role("dialog", name=name)
    expect(dialog).to_be_visible()
    for _ in range(8):
        press(page, "Tab")
        # The browser's own controls are between the last and the first element.
        assert page.evaluate(
            "document.activeElement.closest('dialog') !== null || document.activeElement === document.body"
        )
    press(page, "Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


def test_dialog_closes_by_its_button(page: Page) -> None:
    page.get_by_role("button", name="Erase a visitor").click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_dialog_returns_the_focus_after_each_of_its_buttons(page: Page) -> None:
    opener = page.get_by_role("button", name="Erase a visitor")
    for name in ("Cancel", "Erase for good", "Close"):
        opener.focus()
        press(page, "Enter")
        page.get_by_role("dialog").get_by_role("button", name=name).focus()
        press(page, "Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(opener).to_be_focused()


def test_button_of_an_open_popover_closes_it_by_keyboard(page: Page) -> None:
    button = page.get_by_role("button", name="Labels")
    button.focus()
    press(page, "Enter")
    expect(page.get_by_role("dialog", name="Labels")).to_be_visible()
    press(page, "Shift+Tab")
    expect(button).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_role("dialog", name="Labels")).to_have_count(0)


def test_popover_focuses_its_field_and_returns_the_focus(page: Page) -> None:
    button = page.get_by_role("button", name="Labels")
    button.focus()
    press(page, "Enter")
    popover = page.get_by_role("dialog", name="Labels")
    expect(popover.get_by_label("Find a label")).to_be_focused()
    press(page, "Escape")
    expect(popover).to_have_count(0)
    expect(button).to_be_focused()
    press(page, "Enter", "Tab", "Enter")
    expect(popover).to_have_count(0)
    expect(button).to_be_focused()


def test_escape_closes_the_topmost_layer_only(page: Page) -> None:
    page.get_by_role("button", name="Erase a visitor").click()
    page.locator("#tooltips button").evaluate(
        "(one) => document.querySelector('dialog .modal-body').append(one.parentElement)"
    )
    tip = page.get_by_role("tooltip")
    page.get_by_role("dialog").get_by_label("Reason").focus()
    press(page, "Tab")
    expect(tip).to_be_visible()
    press(page, "Escape")
    expect(tip).to_be_hidden()
    expect(page.get_by_role("dialog")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_toast_is_announced_and_can_be_undone(page: Page) -> None:
    region = page.get_by_role("region", name="Messages")
    status = region.get_by_role("status")
    expect(status).to_be_attached()
    page.get_by_role("button", name="Close the conversation").click()
    expect(status).to_contain_text("Closed. Next: Tomasz Wielicki")
    status.get_by_role("button", name="Undo").focus()
    press(page, "Enter")
    expect(page.locator("#undone")).to_have_text("1")
    expect(page.locator(".toast")).to_have_count(0)


def test_toast_goes_by_itself_but_not_under_the_focus_or_the_pointer(kit: KitPage) -> None:
    page = kit.open(WIDE)
    page.clock.install()
    toast = page.locator(".toast")
    page.get_by_role("button", name="Close the conversation").click()
    expect(toast).to_have_count(1)
    toast.get_by_role("button", name="Undo").focus()
    page.clock.run_for(60_000)
    expect(toast).to_have_count(1)
    page.locator("#tabs [role=tab]").first.focus()
    toast.hover()
    page.clock.run_for(60_000)
    expect(toast).to_have_count(1)
    page.mouse.move(1, 1)
    page.clock.run_for(4_000)
    expect(toast).to_have_count(1)
    page.clock.run_for(2_000)
    expect(toast).to_have_count(0)


def test_failure_is_an_alert_that_stays(kit: KitPage) -> None:
    page = kit.open(WIDE)
    page.clock.install()
    page.get_by_role("button", name="Assign to Sam Okafor").click()
    alert = page.locator(".toasts [role=alert]")
    expect(alert).to_contain_text("Not assigned")
    page.clock.run_for(600_000)
    expect(alert).to_contain_text("Not assigned")
    alert.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".toast")).to_have_count(0)


def test_tooltip_follows_focus_and_pointer(page: Page) -> None:
    button, tip = page.locator("#tooltips button"), page.get_by_role("tooltip")
    expect(button).to_have_accessible_name("Snooze")
    expect(button).to_have_accessible_description("Until a time, or the next reply Z")
    page.locator("#toasts button").last.focus()
    press(page, "Tab")
    expect(tip).to_be_visible()
    press(page, "Escape")
    expect(tip).to_be_hidden()
    expect(button).to_be_focused()
    button.hover()
    expect(tip).to_be_visible()
    tip.hover()
    expect(tip).to_be_visible()
    page.mouse.move(1, 1)
    expect(tip).to_be_hidden()


def rows(page: Page) -> Any:
    """Return the number of rows in the page, and the first and the last of them."""
    return page.locator("#virtual li").evaluate_all(
        "(all) => [all.length, ...[all[0], all.at(-1)].map((one) => Number(one.getAttribute('aria-posinset')))]"
    )


def test_long_list_has_few_rows_in_the_page(page: Page) -> None:
    listed = page.get_by_role("list", name="Conversations")
    expect(listed.get_by_role("listitem").first).to_have_attribute("aria-setsize", "100000")
    nodes = "document.querySelectorAll('#virtual *').length"
    at_start = page.evaluate(nodes)
    assert rows(page)[0] <= 20
    for place in (0.1, 0.5, 0.99):
        page.locator(".virtual").evaluate("(one, place) => { one.scrollTop = one.scrollHeight * place }", place)
        wait_in_page(page, "(row) => [...document.querySelectorAll('#virtual li')].some((one) => "
                     "Number(one.ariaPosInSet) > row)", 100_000 * place - 30)  # fmt: skip
        # Twice the rows outside the visible part, and the row of the focus.
        assert page.evaluate(nodes) <= at_start * 2
        assert rows(page)[0] <= 25


def test_long_list_is_used_by_keyboard(page: Page) -> None:
    page.locator("#virtual a").first.focus()
    assert press(page, "ArrowDown", "ArrowDown") == "Visitor 2"
    assert press(page, "End") == "Visitor 99999"
    assert press(page, "ArrowDown") == "Visitor 99999"
    assert press(page, "PageUp") == "Visitor 99993"
    assert press(page, *["ArrowUp"] * 12) == "Visitor 99981"
    assert press(page, "Home") == "Visitor 0"
    assert press(page, "PageDown") == "Visitor 6"
    stops = page.locator("#virtual a").evaluate_all("(all) => all.filter((one) => one.tabIndex === 0).length")
    assert stops == 1
    box = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
    frame = page.locator(".virtual").evaluate("(one) => one.getBoundingClientRect().toJSON()")
    assert frame["top"] <= box["top"]
    assert box["bottom"] <= frame["bottom"] + 1


def test_focused_row_survives_scrolling(page: Page) -> None:
    page.locator("#virtual a").first.focus()
    press(page, "ArrowDown")
    page.locator(".virtual").evaluate("(one) => { one.scrollTop = one.scrollHeight / 2 }")
    wait_in_page(page, "document.querySelectorAll('#virtual li')[1].ariaPosInSet > 40000")
    assert page.evaluate(FOCUSED) == "Visitor 1"
    assert press(page, "ArrowDown") == "Visitor 2"


def test_long_list_fits_a_narrow_window(kit: KitPage) -> None:
    page = kit.open(NARROW)
    page.locator("#virtual a").first.focus()
    assert press(page, "End") == "Visitor 99999"
    assert page.locator(".virtual").evaluate("(one) => one.scrollWidth <= one.clientWidth")
