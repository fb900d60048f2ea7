"""`crumbless audit`: runs the storage auditor, writes its report and returns the exit code."""

import asyncio
import sys
from pathlib import Path

from rich.console import Console

from crumbless.storage_auditor.audit_run import PHASES, TITLES, AuditOptions, run_storage_audit
from crumbless.storage_auditor.report_files import check_folder, to_json, write_report
from crumbless.storage_auditor.report_text import ProgressBar, print_report


def run_command(options: AuditOptions, out: Path | None, as_json: bool) -> int:
    """Audit the page and print the report. Returns 0 if it is clean, 1 if there are findings.

    Raises:
        StorageAuditError: if the audit cannot run.
        DeclarationError: if the registry cannot be read.
    """
    if out:
        check_folder(out)
    with ProgressBar(Console(stderr=True), {name: TITLES[name] for name in PHASES}) as progress:
        report = asyncio.run(run_storage_audit(options, progress.report))
    if as_json:
        sys.stdout.write(to_json(report))
    else:
        print_report(Console(highlight=False), report)
    for path in write_report(report, out) if out else ():
        Console(stderr=True, highlight=False).print(f"Written: {path}")
    return 0 if report.clean else 1
