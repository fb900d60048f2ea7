"""The report as files: JSON for programs, JUnit XML for CI, one HTML page for people."""

import base64
import re
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree as Xml  # nosec B405

import jinja2
import msgspec

from crumbless.storage_auditor.audit_report import Finding, Kind, Phase, Report
from crumbless.storage_auditor.browser_start import StorageAuditError

_PAGES = Path(__file__).parent / "pages"

# XML 1.0, section 2.2: characters that a document must not contain, even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check_folder(folder: Path) -> None:
    """Make the folder for the report, before the work is done.

    Raises:
        StorageAuditError: when it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageAuditError(f"--out: cannot create the folder {folder}: {error.strerror}") from None


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write report.json, report.xml and report.html.

    Raises:
        StorageAuditError: when they cannot be written.
    """
    made = {"report.json": to_json(report), "report.xml": to_junit(report), "report.html": to_html(report)}
    try:
        for name, contents in made.items():
            (folder / name).write_text(contents, encoding="utf-8")
    except OSError as error:
        raise StorageAuditError(f"--out: cannot write to {folder}: {error.strerror}") from None
    return [folder / name for name in made]


def to_json(report: Report) -> str:
    """The report without its pictures. Its schema is in docs/auditor.md."""
    whole: dict[str, Any] = msgspec.to_builtins(report)
    for phase in whole["phases"]:
        del phase["screenshot"], phase["leftover"]
    return msgspec.json.format(msgspec.json.encode(whole | {"clean": report.clean}), indent=2).decode() + "\n"


def to_junit(report: Report) -> str:
    """A suite a phase, a case a rule: a failure where it was broken, skipped where the phase could not be done."""
    suites = Xml.Element("testsuites", name=f"crumbless audit {report.url}", time=f"{report.seconds}")
    for phase in report.phases:
        _add_suite(suites, phase, report)
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(suites, encoding="unicode") + "\n"


def _add_suite(suites: Xml.Element, phase: Phase, report: Report) -> None:
    broken: dict[str, list[Finding]] = {kind: [] for kind in get_args(Kind)}
    for finding in report.found_in(phase.name):
        broken[finding.kind].append(finding)
    skipped = phase.status == "not applicable"
    failures = sum(map(bool, broken.values()))
    suite = Xml.SubElement(
        suites,
        "testsuite",
        name=phase.title,
        tests=f"{len(broken)}",
        failures=f"{failures}",
        skipped=f"{len(broken) - failures if skipped else 0}",
        time=f"{phase.seconds}",
    )
    for kind, findings in broken.items():
        case = Xml.SubElement(suite, "testcase", classname=f"audit.{phase.name}", name=kind)
        if findings:
            failure = Xml.SubElement(case, "failure", message=f"{len(findings)} found")
            failure.text = _NOT_XML.sub("\ufffd", "\n".join(map(_line, findings)))
        elif skipped:
            Xml.SubElement(case, "skipped", message=_NOT_XML.sub("\ufffd", phase.reason))


def _line(finding: Finding) -> str:
    return f"{finding.mechanism} {finding.key} at {finding.where}: {finding.detail} {finding.advice}"


def to_html(report: Report) -> str:
    """One page that needs nothing else, pictures included."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    pictures = {one.name: base64.b64encode(one.screenshot).decode() for one in report.phases if one.screenshot}
    return templates.get_template("report.html").render(report=report, pictures=pictures)
