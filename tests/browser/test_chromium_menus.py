"""The menus of Chrome that the policy page names exist under these names in the installed Chromium."""

from pathlib import Path

from playwright.sync_api import Page, Playwright

from crumbless.pages.policy_render import read_browsers
from support.browser import launch_lasting, wait_in_page

DEVELOPER_TOOLS = "devtools://devtools/bundled/inspector.html?panel=resources"

TEXTS = """() => {
  const texts = [];
  const read = (node) => {
    if (node.nodeType === Node.TEXT_NODE) texts.push(node.textContent.trim());
    if (["STYLE", "SCRIPT", "TEMPLATE"].includes(node.tagName)) return;
    if (node.shadowRoot) read(node.shadowRoot);
    node.childNodes.forEach(read);
  };
  read(document.body);
  return texts.map((text) => text.replace('"', "“").replace('"', "”")).filter(Boolean);
}"""
"""Every text of a page, in shadow roots too, with the quotation marks of the policy page."""


def wait_for_texts(page: Page, address: str, wanted: set[str]) -> None:
    """Open a page, and wait until it shows all of these texts."""
    page.goto(address)
    wait_in_page(
        page,
        f"(wanted) => {{ const texts = ({TEXTS})(); return wanted.every((one) => texts.includes(one)); }}",
        sorted(wanted),
    )


def test_every_menu_that_the_policy_page_names_is_in_chromium(playwright: Playwright, tmp_path: Path) -> None:
    [desktop] = [one for one in read_browsers() if one.name == "Chrome" and one.where.startswith("Windows")]
    assert desktop.version
    assert desktop.last_checked
    # The last names of a path are on a separate page, the names before them on the page of the privacy settings.
    last = {"cookies": {desktop.one[-1], desktop.tracking[-1]}, "content": {*desktop.block[-2:]}}
    named = {*desktop.one, *desktop.all, *desktop.block, *desktop.tracking}
    first = named - {"Settings"} - set[str]().union(*last.values())
    assert {"Privacy and security", "Third-party cookies"} <= first
    f12, *tools = desktop.look
    assert f12.startswith("F12")
    with launch_lasting(playwright.chromium, tmp_path) as browser:
        page = browser.new_page()
        for name, texts in {"privacy": first, **last}.items():
            wait_for_texts(page, f"chrome://settings/{name}", texts)
        wait_for_texts(page, DEVELOPER_TOOLS, {*tools})
