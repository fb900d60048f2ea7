"""The report's files contain all findings, with any names of a website's keys."""

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from crumbless.storage_auditor.audit_report import Asked, Finding, Phase, RegistryFound, Report, StorageItem
from crumbless.storage_auditor.browser_start import StorageAuditError
from crumbless.storage_auditor.report_files import check_folder, to_html, to_json, to_junit, write_report

EVIL = '"><script>alert(1)</script>\x00\ud83c{{ 7 * 7 }}'.replace("\ud83c", "\ufffe")


def report() -> Report:
    load = Phase(
        name="load",
        title="The page is loaded",
        seen=[StorageItem(mechanism="localStorage", key=EVIL, where="https://shop.example")],
        kept=[StorageItem(mechanism="localStorage", key=EVIL, where="https://shop.example", size=3)],
        requests=[Asked(url="https://t.example/x", host="t.example", kind="image", third_party=True)],
        screenshot=b"picture",
    )
    skipped = Phase(name="end", title="The visitor ends the chat", status="not applicable", reason="there is no <chat>")
    finding = Finding(
        kind="UNDECLARED",
        mechanism="localStorage",
        key=EVIL,
        where="https://shop.example",
        phases=["load"],
        detail="It is kept.",
        advice="Declare it.",
    )
    return Report(
        url="https://shop.example/",
        landed="https://shop.example/",
        started="2026-11-24T08:00:00+00:00",
        seconds=1.5,
        version="1",
        browser="Chromium 1",
        registry=RegistryFound(),
        first_party=["shop.example"],
        phases=[load, skipped],
        findings=[finding],
    )


def test_json_is_complete_and_contains_no_picture() -> None:
    document = json.loads(to_json(report()))
    assert (document["schema"], document["clean"], document["findings"][0]["key"]) == ("crumbless-audit/1", False, EVIL)
    assert document["phases"][0]["kept"][0]["size"] == 3
    assert "screenshot" not in document["phases"][0]


def test_junit_has_a_failure_for_each_broken_rule() -> None:
    load, end = Xml.fromstring(to_junit(report()))
    assert (load.attrib["tests"], load.attrib["failures"], load.attrib["skipped"]) == ("5", "1", "0")
    assert [case.attrib["name"] for case in load if case.find("failure") is not None] == ["UNDECLARED"]
    assert (end.attrib["failures"], end.attrib["skipped"]) == ("0", "5")


def test_page_shows_the_findings_and_runs_no_script() -> None:
    page = to_html(report())
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7 * 7 }}" in page
    assert "data:image/jpeg;base64,cGljdHVyZQ==" in page
    assert "1 of 2 phases could not be done" in page
    assert "there is no &lt;chat&gt;" in page


def test_all_files_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    check_folder(folder)
    assert {path.name for path in write_report(report(), folder)} == {path.name for path in folder.iterdir()}


def test_invalid_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageAuditError, match="--out"):
        check_folder(tmp_path / "file" / "out")
