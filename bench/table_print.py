"""The one table: what was measured, what was to be reached, what was reached."""

from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table

Verdict = Literal["aim", "goal", "short", ""]

_STYLES: dict[Verdict, str] = {"aim": "bold green", "goal": "green", "short": "bold red", "": ""}


@dataclass(frozen=True)
class Line:
    """A row. `verdict`: the aim was reached, only the goal was, it fell short, or there is nothing to reach."""

    what: str
    goal: str
    reached: str
    verdict: Verdict = ""
    beside: str = ""


def judge(value: float, goal: float, aim: float | None = None, *, at_most: bool = False) -> Verdict:
    """The verdict on a value that should be at least (or at most) the goal, and better still the aim."""
    sign = -1 if at_most else 1
    if aim is not None and sign * value >= sign * aim:
        return "aim"
    if sign * value >= sign * goal:
        return "goal"
    return "short"


def print_table(lines: list[Line]) -> None:
    """Prints the lines to standard output."""
    table = Table(title="Crumbless, measured", title_justify="left")
    for heading in ("what", "goal (aim)", "reached", "", "beside it"):
        table.add_column(heading, overflow="fold")
    for line in lines:
        style = _STYLES[line.verdict]
        table.add_row(line.what, line.goal, line.reached, f"[{style}]{line.verdict}[/]" if style else "", line.beside)
    width = None if Console().is_terminal else 170
    Console(width=width).print(table)
