"""bin/audit audits a page with one command, and reports a mistake in one clear line."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.browser import find_chromium
from support.fixture_site import FixtureSite, plain_page

ROOT = Path(__file__).parents[2]

PAGES = {
    "/quiet": plain_page(html="<h1>Nothing is stored here</h1>"),
    "/keeps": plain_page("localStorage.setItem('id', '7')"),
}


@pytest.fixture(scope="module")
def site() -> Iterator[FixtureSite]:
    made = FixtureSite()
    made.pages = PAGES
    yield made
    made.close()


def audit(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CRUMBLESS_TEST_CHROMIUM": find_chromium()}
    command = [str(ROOT / "bin" / "audit"), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_page_is_audited_and_the_report_is_in_the_callers_folder(site: FixtureSite, tmp_path: Path) -> None:
    done = audit(site.url("/keeps"), "--idle", "0", "--json", "--out", "report", folder=tmp_path)
    assert done.returncode == 1, done.stderr
    findings = json.loads(done.stdout)["findings"]
    assert ("UNDECLARED", "localStorage", "id") in {(one["kind"], one["mechanism"], one["key"]) for one in findings}
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["report.html", "report.json", "report.xml"]


def test_page_that_stores_nothing_is_clean(site: FixtureSite, tmp_path: Path) -> None:
    done = audit(site.url("/quiet"), "--idle", "0", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["clean"]


def test_address_that_is_no_web_page_is_reported_in_one_line(tmp_path: Path) -> None:
    done = audit("ftp://example", folder=tmp_path)
    assert done.returncode == 2
    assert "is not the address of a web page" in done.stderr
    assert "Traceback" not in done.stderr
