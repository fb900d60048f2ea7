"""`crumbless audit` of the demo shop: clean in every phase."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from support.browser import find_chromium
from support.server import COMMAND, environment_of

AUDIT_SECONDS = 90.0
"""Maximum transfer size and requests of one page."""

ASKING = {"reject", "accept", "withdraw"}
"""Phases for which the shop must ask for consent. It does so if it uses vendor tags."""


@pytest.fixture(scope="module", params=[False, True], ids=["without tags", "with tags"])
def tags(request: pytest.FixtureRequest) -> bool:
    """Run with and without vendor tags."""
    return request.param


@pytest.fixture(scope="module")
def shop(tags: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the demo's shop."""
    folder = tmp_path_factory.mktemp("demo")
    command = [COMMAND, "demo", "--json", "--port", "0", "--data", str(folder), *(["--tags"] if tags else [])]
    environment = environment_of(folder / "crumbless.db")
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as demo,
    ):
        try:
            assert demo.stdout
            yield json.loads(demo.stdout.readline())["shop"]
        finally:
            demo.terminate()


@pytest.fixture(scope="module")
def folder(shop: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the report. The audit must have reported no finding, and in time."""
    out = tmp_path_factory.mktemp("report")
    command = [COMMAND, "audit", shop, "--out", str(out), "--idle", "2", "--chromium", find_chromium()]
    done = subprocess.run(
        command,
        env=environment_of(out / "none.db") | {"COLUMNS": "110"},
        capture_output=True,
        text=True,
        timeout=AUDIT_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout.count("Clean.")) == (0, 1), done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_demo_is_clean_in_every_phase(report: dict[str, Any], tags: bool) -> None:
    assert (report["clean"], report["findings"]) == (True, [])
    left_out = {one["name"] for one in report["phases"] if one["status"] != "done"}
    assert left_out == (set() if tags else ASKING)


def name_of(key: str) -> str:
    """Return the second part of our key. For a database without a record, return its name."""
    return key.removeprefix("crumbless.").partition(".")[0]


def test_audit_lists_the_stored_items(report: dict[str, Any], tags: bool) -> None:
    seen = {one["name"]: {name_of(entry["key"]) for entry in one["seen"]} for one in report["phases"]}
    assert seen["load"] == seen["idle"] == seen["open"] == seen["gpc"] == set()
    assert {"open", "chat", "key"} <= seen["send"]
    assert seen["reject"] == ({"consent"} if tags else set())


def test_third_parties_are_requested_only_after_consent(report: dict[str, Any], tags: bool) -> None:
    asked = {one["name"]: any(request["third_party"] for request in one["requests"]) for one in report["phases"]}
    assert {name for name, is_asked in asked.items() if is_asked} == (
        {"accept", "withdraw", "second-visit", "storage-blocked"} if tags else set()
    )


def test_audit_reads_the_registry_of_the_platform(report: dict[str, Any]) -> None:
    assert [one.rpartition("/")[2] for one in report["registry"]["sources"]] == ["storage.json"]
    assert report["registry"]["items"] >= 20


def test_report_exists_for_programs_and_for_readers(folder: Path, report: dict[str, Any]) -> None:
    suites = list(Xml.parse(folder / "report.xml").getroot())
    assert len(suites) == len(report["phases"])
    assert sum(int(suite.attrib["failures"]) for suite in suites) == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == len(report["phases"])
    assert "Clean." in page
    assert "http-equiv" in page
    assert "<script" not in page
