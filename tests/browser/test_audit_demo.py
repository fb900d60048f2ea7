"""The audit of our own demo, by the command that people use: clean in every phase."""

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
"""What one page may take."""

ALWAYS = {"load", "idle", "open", "send", "gpc", "second-visit", "storage-blocked"}
"""Phases that the demo lets anybody do; the others need the shop to ask for consent and the chat to have an end."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demo's shop."""
    folder = tmp_path_factory.mktemp("demo")
    command = [COMMAND, "demo", "--json", "--port", "0", "--data", str(folder)]
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
    """The folder of the report. The audit must have said that all is clean, and in time."""
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


def test_the_demo_is_clean_in_every_phase(report: dict[str, Any]) -> None:
    assert report["clean"] is True
    assert report["findings"] == []
    assert {one["name"] for one in report["phases"] if one["status"] == "done"} >= ALWAYS


def test_the_audit_saw_what_the_chat_keeps(report: dict[str, Any]) -> None:
    seen = {one["name"]: {entry["key"].split(".")[1] for entry in one["seen"]} for one in report["phases"]}
    assert seen["load"] == seen["idle"] == seen["gpc"] == set()
    assert seen["open"] == {"open"}
    assert {"open", "chat", "key"} <= seen["send"]


def test_the_registry_is_what_the_platform_serves(report: dict[str, Any]) -> None:
    assert [one.rpartition("/")[2] for one in report["registry"]["sources"]] == ["storage.json"]
    assert report["registry"]["items"] > 20


def test_the_report_is_there_for_programs_and_for_people(folder: Path, report: dict[str, Any]) -> None:
    suites = list(Xml.parse(folder / "report.xml").getroot())
    assert len(suites) == len(report["phases"])
    assert sum(int(suite.attrib["failures"]) for suite in suites) == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == len(report["phases"])
    assert "Clean." in page
    assert "http-equiv" in page
    assert "<script" not in page
