"""The Firefox menus that the policy page names exist under these names in the installed Firefox."""

import re
import zipfile
from pathlib import Path

from crumbless.core.texts import read_texts
from crumbless.pages.policy_render import read_browsers
from support.webdriver import find_command

VALUE = re.compile(r"=[ \t]*(\S.*?)…?$", re.MULTILINE)
SIGNS = {"☰", "F12 (on a Mac ⌥⌘I)"}


def texts_of_firefox() -> set[str]:
    """Return every English text of the browser's menus, settings and developer tools."""
    archives = sorted(Path(find_command("firefox")).resolve().parent.rglob("omni.ja"))
    texts: set[str] = set()
    for archive in map(zipfile.ZipFile, archives):
        for name in archive.namelist():
            if name.endswith((".ftl", ".properties")):
                texts.update(VALUE.findall(archive.read(name).decode("utf-8", "replace")))
    assert len(texts) > 5_000, archives
    return texts


def test_every_menu_that_the_policy_page_names_is_in_firefox() -> None:
    [desktop] = [one for one in read_browsers() if one.name == "Firefox" and one.where.startswith("Windows")]
    assert desktop.version
    assert desktop.last_checked
    named = {*desktop.one, *desktop.all, *desktop.block, *desktop.tracking, *desktop.look} - SIGNS
    assert len(named) > 8
    assert named - texts_of_firefox() == set()


def test_setting_that_the_note_quotes_is_in_firefox() -> None:
    quoted = re.search("“(.+)”", read_texts("en", "policy")["browsers"]["note"]["firefox"])
    assert quoted
    assert quoted[1].replace("Firefox", "{ -brand-short-name }") in texts_of_firefox()
