"""The report in a terminal, and its progress."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from crumbless.storage_auditor.audit_report import Phase, PhaseName, Report


class ProgressBar:
    """How far the audit is, on standard error.

    Args:
        console: where it is shown.
        titles: of the phases to come.
    """

    def __init__(self, console: Console, titles: dict[PhaseName, str]) -> None:
        self._titles = titles
        self._running: list[PhaseName] = []
        columns = (BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task("Starting the browser", total=len(titles))

    def report(self, name: PhaseName, status: str) -> None:
        """A phase begins or has ended."""
        if status == "begun":
            self._running.append(name)
        else:
            self._running.remove(name)
            self._progress.advance(self._task)
        told = " · ".join(self._titles[one] for one in self._running if one in self._titles)
        self._progress.update(self._task, description=told)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


def print_report(console: Console, report: Report) -> None:
    """The phases, what was found, and the verdict."""
    console.print(f"\n[bold]{escape(report.landed)}[/bold]")
    console.print(_registry_told(report), style="dim")
    console.print(_phase_table(report))
    if report.findings:
        console.print(_finding_table(report))
    console.print(_verdict(report))


def _registry_told(report: Report) -> str:
    found = report.registry
    if not found.sources:
        return "No registry: neither the website nor a host that it loads from has a /storage.json."
    return f"Registry: {', '.join(found.sources)} ({found.items} items)"


def _phase_table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Phase", "Result"):
        table.add_column(heading, overflow="fold")
    for heading in ("Stored", "Requests", "Other sites", "Seconds"):
        table.add_column(heading, justify="right")
    for phase in report.phases:
        others = {one.host for one in phase.requests if one.third_party}
        counts = (len(phase.kept), len(phase.requests), len(others), f"{phase.seconds:.1f}")
        table.add_row(phase.title, phase_result(phase, report), *map(str, counts))
    return table


def phase_result(phase: Phase, report: Report) -> str:
    """How a phase ended, in a few words."""
    if phase.status == "not applicable":
        return f"[yellow]not applicable[/yellow]: {escape(phase.reason)}"
    number = len(report.found_in(phase.name))
    return f"[red]{number} found[/red]" if number else "[green]clean[/green]"


def _finding_table(report: Report) -> Table:
    table = Table(title="Findings", title_justify="left", title_style="bold", show_lines=True, header_style="bold")
    table.add_column("Finding", style="red", max_width=14)
    for heading in ("Item", "Place and phases", "Details and advice"):
        table.add_column(heading, overflow="fold")
    for one in report.findings:
        table.add_row(
            one.kind,
            f"{one.mechanism}\n[bold]{escape(one.key)}[/bold]",
            f"{escape(one.where)}\n[dim]{', '.join(one.phases)}[/dim]",
            f"{escape(one.detail)}\n[dim]{one.advice}[/dim]",
        )
    return table


def _verdict(report: Report) -> str:
    skipped = sum(one.status == "not applicable" for one in report.phases)
    more = f" {skipped} of {len(report.phases)} phases could not be done; they were not checked." if skipped else ""
    if report.clean:
        return f"[bold green]Clean.[/bold green]{more}"
    problems = "1 problem" if len(report.findings) == 1 else f"{len(report.findings)} problems"
    return f"[bold red]{problems} found.[/bold red]{more}"
