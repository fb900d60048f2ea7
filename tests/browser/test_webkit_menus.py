"""The parts of Safari's Web Inspector that the policy page names exist under these names in the installed WebKit."""

import re
from pathlib import Path

from crumbless.pages.policy_render import read_browsers
from support.display import virtual_display
from support.webdriver import WebKit

TEXTS = "resource:///org/webkit/inspector/Localizations/en.lproj/localizedStrings.js"
"""The English texts of the Web Inspector."""


def test_storage_is_in_the_web_inspector(tmp_path: Path) -> None:
    [safari] = [one for one in read_browsers() if one.name == "Safari" and one.where == "macOS"]
    assert safari.look_checked
    menu, command, *parts = safari.look
    assert (menu, command) == ("Develop", "Show Web Inspector")
    with virtual_display() as display:
        browser = WebKit(tmp_path, display)
        try:
            browser.open(TEXTS)
            texts = set(re.findall(r'\] = "(.*)";', browser.run("return document.body.innerText")))
        finally:
            browser.close()
    assert len(texts) > 1_000
    assert {*parts} - texts == set()
