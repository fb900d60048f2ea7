"""The parts of web/ui/kit on their states page: measures, colours, right to left, narrow windows, axe-core."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from support.browser import FONT_SETTINGS, accessibility_faults
from support.kit import NARROW, WIDE, KitPage

SCHEMES = ("light", "dark")

HEIGHTS = {
    "#buttons .button-primary": 32,
    "#buttons .button-line:not(.button-large)": 32,
    "#buttons .button-quiet": 32,
    "#buttons .button-ghost": 32,
    "#buttons .button-danger": 32,
    "#buttons .button-large": 40,
    "#buttons .icon-button": 32,
    "#fields input": 40,
    "#fields select": 40,
    "#actions .layer-item": 32,
    "#tabs [role=tab]": 36,
    "#table thead th": 36,
    "#table tbody tr": 44,
    "#chips .count": 18,
    "#virtual li": 44,
}
"""Pixels in a wide window, from the measures of the design."""

SMALL_TARGETS = """() => [...document.querySelectorAll("button, a[href], select, textarea, input, label.choice")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => !one.matches("label.choice input"))
  .filter((one) => one.getBoundingClientRect().height < 24 || one.getBoundingClientRect().width < 24)
  .map((one) => `${one.className || one.tagName} ${one.textContent}`)"""
"""Return the controls that are smaller than 24 by 24 pixels (WCAG 2.2, 2.5.8). A checkbox is pressed by its label."""

STICKING_OUT = """() => [...document.body.querySelectorAll("*:not(svg *)")]
  .filter((one) => {
    const { left, right, width } = one.getBoundingClientRect();
    return width > 1 && (left < -1 || right > innerWidth + 1);
  })
  .map((one) => `${one.tagName} ${one.className}`)"""
"""Return the elements that overflow the window at a side."""

MIRRORED = """(names) => names.map((name) => {
  const element = document.querySelector(name);
  const { left, right } = element.getBoundingClientRect();
  const parent = element.closest(".states-part, dialog, body").getBoundingClientRect();
  return [name, Math.round(left - parent.left), Math.round(parent.right - right)];
})"""
"""Return the distance of elements from the left and the right side of their part."""


@pytest.fixture
def wide(kit: KitPage) -> Page:
    """Return the page in a wide window."""
    return kit.open(WIDE)


def test_parts_have_the_heights_of_the_design(wide: Page) -> None:
    wide.get_by_role("button", name="More actions").click()
    for selector, wanted in HEIGHTS.items():
        heights = wide.locator(selector).evaluate_all("(all) => all.map((one) => one.offsetHeight)")
        assert heights, selector
        assert set(heights) == {wanted}, selector


def test_text_sizes_and_weights_are_those_of_the_tokens(wide: Page) -> None:
    fonts = """(all) => all.filter((one) => one.textContent.trim() && one.checkVisibility()).map((one) => {
      const { fontSize, fontWeight } = getComputedStyle(one);
      return [fontSize, fontWeight, `${one.tagName} ${one.className}`];
    })"""
    found = wide.locator("body *:not(svg *, .avatar, .avatar *)").evaluate_all(fonts)
    assert len(found) > 200
    sizes, weights = {"12px", "13px", "14px", "16px", "20px"}, {"400", "600"}
    assert [one for one in found if one[0] not in sizes or one[1] not in weights] == []


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_page_is_accessible(kit: KitPage, scheme: str, direction: str) -> None:
    page = kit.open(WIDE, theme=scheme, dir=direction)
    assert accessibility_faults(page.main_frame) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_open_layers_are_accessible(kit: KitPage, scheme: str) -> None:
    page = kit.open(WIDE, theme=scheme)

    def is_accessible(layer: Locator) -> None:
        expect(layer).to_be_visible()
        assert accessibility_faults(page.main_frame) == [], layer

    page.get_by_role("button", name="More actions").click()
    is_accessible(page.get_by_role("menu", name="More actions"))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Labels").click()
    is_accessible(page.get_by_role("dialog", name="Labels"))
    page.keyboard.press("Escape")
    for button, name in (("Erase a visitor", "Erase this visitor?"), ("Details", "Details")):
        page.get_by_role("button", name=button, exact=True).click()
        is_accessible(page.get_by_role("dialog", name=name))
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Assign to Sam Okafor").click()
    page.get_by_role("button", name="Close the conversation").click()
    is_accessible(page.locator(".toast").last)
    page.locator("#tooltips").get_by_role("button").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    is_accessible(page.get_by_role("tooltip"))


def test_low_contrast_is_found(wide: Page) -> None:
    wide.locator("#chips .pill").first.evaluate("(pill) => { pill.style.color = '#c9a86a' }")
    faults = accessibility_faults(wide.main_frame, rules=["color-contrast"])
    assert [fault.partition(":")[0] for fault in faults] == ["color-contrast"]


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_overflows_a_narrow_window(kit: KitPage, direction: str) -> None:
    page = kit.open(NARROW, dir=direction)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(STICKING_OUT) == []
    page.get_by_role("button", name="Show", exact=True).click()
    assert page.evaluate(STICKING_OUT) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Erase a visitor").click()
    expect(page.get_by_role("dialog", name="Erase this visitor?")).to_be_visible()
    assert page.evaluate(STICKING_OUT) == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_targets_have_24_pixels(kit: KitPage, size: ViewportSize) -> None:
    page = kit.open(size)
    assert page.evaluate(SMALL_TARGETS) == []
    page.locator("#tabs [role=tab]").first.evaluate(
        "(tab) => { tab.style.minBlockSize = tab.style.blockSize = '20px' }"
    )
    assert len(page.evaluate(SMALL_TARGETS)) == 1, "a small target is found"


def test_fields_have_larger_text_on_phones(kit: KitPage) -> None:
    page = kit.open(NARROW)
    found = page.locator("#fields :is(input, select)").evaluate_all(
        "(all) => all.map((one) => [getComputedStyle(one).fontSize, one.offsetHeight])"
    )
    assert {tuple(one) for one in found} == {("16px", 44)}


def test_right_to_left_is_the_mirror_image(kit: KitPage) -> None:
    names = ["#buttons .button-primary", "#fields .field", "#choices .choice input", "#tabs [role=tab]",
             "#virtual .avatar", "#table thead th", "#chips .chip-dot"]  # fmt: skip
    left_to_right = kit.open(WIDE).evaluate(MIRRORED, names)
    right_to_left = kit.open(WIDE, dir="rtl").evaluate(MIRRORED, names)
    assert len({start for _, start, _ in left_to_right}) > 1
    for (name, start, _), (_, _, end) in zip(left_to_right, right_to_left, strict=True):
        assert abs(start - end) <= 1, name


@pytest.mark.parametrize(("direction", "side"), [("ltr", "right"), ("rtl", "left")])
def test_drawer_is_at_the_end_side(kit: KitPage, direction: str, side: str) -> None:
    page = kit.open(WIDE, dir=direction)
    page.get_by_role("button", name="Details", exact=True).click()
    drawer = page.get_by_role("dialog", name="Details")
    expect(drawer).to_be_visible()
    box = drawer.evaluate("(one) => ({ ...one.getBoundingClientRect().toJSON(), page: innerWidth })")
    assert box["height"] == WIDE["height"]
    assert (box["page"] - box["right"] if side == "right" else box["left"]) == pytest.approx(0, abs=1)


@pytest.mark.parametrize(("direction", "edge"), [("ltr", "right"), ("rtl", "left")])
def test_menu_at_the_end_has_the_edge_of_its_button(kit: KitPage, direction: str, edge: str) -> None:
    page = kit.open({"width": 700, "height": 800}, dir=direction)
    button = page.get_by_role("button", name="Show", exact=True)
    button.evaluate("(one) => { one.style.marginInlineStart = '300px' }")
    button.click()
    edges = [one.evaluate(f"(one) => one.getBoundingClientRect().{edge}") for one in (button, page.locator("#show"))]
    assert edges[0] == pytest.approx(edges[1], abs=1)


def test_icon_that_points_somewhere_is_mirrored(kit: KitPage) -> None:
    transform = "(icon) => getComputedStyle(icon).transform"
    assert kit.open(WIDE).locator(".icon-flips").first.evaluate(transform) == "none"
    assert kit.open(WIDE, dir="rtl").locator(".icon-flips").first.evaluate(transform) == "matrix(-1, 0, 0, 1, 0, 0)"


def test_nothing_moves_with_reduced_motion(kit: KitPage) -> None:
    page = kit.open(WIDE)
    durations = "(one) => [getComputedStyle(one).animationName, getComputedStyle(one).transitionDuration]"
    page.get_by_role("button", name="More actions").click()
    menu, button = page.locator("#actions"), page.locator("#buttons .button-primary").first
    page.emulate_media(reduced_motion="no-preference")
    assert menu.evaluate(durations)[0] == "rise", "the premise: it moves"
    page.emulate_media(reduced_motion="reduce")
    assert menu.evaluate(durations)[0] == "none"
    assert button.evaluate(durations)[1] in {"0s", "0s, 0s"}


def test_states_are_visible_in_forced_colours(wide: Page) -> None:
    wide.emulate_media(forced_colors="active")
    border = "(one) => [getComputedStyle(one).borderBlockEndWidth, getComputedStyle(one).borderBlockEndStyle]"
    for selector in (".button-primary", ".button-quiet", ".pill", ".count", "[aria-selected=true]"):
        width, style = wide.locator(selector).first.evaluate(border)
        assert (width != "0px", style) == (True, "solid"), selector
    fill = "(one) => getComputedStyle(one).backgroundColor"
    off, on = (wide.get_by_role("switch", name=name) for name in ("Sound", "Notifications"))
    assert off.evaluate(fill) != on.evaluate(fill)


def test_table_becomes_cards_in_a_narrow_place(kit: KitPage) -> None:
    display = "(one) => getComputedStyle(one).display"
    assert kit.open(WIDE).locator("#table td").first.evaluate(display) == "table-cell"
    page = kit.open(NARROW)
    assert page.locator("#table td").first.evaluate(display) == "block"
    title = page.locator("#table td").first.evaluate("(one) => getComputedStyle(one, '::before').content")
    assert "Role" in title


def test_table_is_sorted_by_its_heads(wide: Page) -> None:
    table = wide.get_by_role("table", name="Operators")
    names = table.get_by_role("rowheader")
    expect(names).to_have_text(["Alex Morgan", "Mina Park", "Sam Okafor"])
    table.get_by_role("button", name="Open conversations").click()
    expect(names).to_have_text(["Sam Okafor", "Alex Morgan", "Mina Park"])
    expect(table.locator("[aria-sort=ascending]")).to_have_text("Open conversations")
    table.get_by_role("button", name="Open conversations").click()
    expect(names).to_have_text(["Mina Park", "Alex Morgan", "Sam Okafor"])
    expect(table.locator("[aria-sort]")).to_have_attribute("aria-sort", "descending")


def test_weights_are_real_where_the_font_is_available(wide: Page) -> None:
    session: Any = wide.context.new_cdp_session(wide)
    for domain in ("DOM", "CSS"):
        session.send(f"{domain}.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    for selector, name in (("#buttons .button-primary", "Inter-SemiBold"), ("#buttons .button-ghost", "Inter-Regular")):
        node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
        (font,) = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert font["postScriptName"] == name or not FONT_SETTINGS.exists()
