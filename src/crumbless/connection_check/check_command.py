"""`crumbless check`: from the address to the lines and the exit code."""

import asyncio
import re
import sys
from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.text import Text

from crumbless.connection_check.check_run import run_connection_check
from crumbless.connection_check.finding import Finding
from crumbless.core.errors import CrumblessError

MARKS = {"good": ("ok", "green"), "warning": ("warn", "yellow"), "bad": ("bad", "red")}

_is_origin = re.compile(r"https?://[^/?#@\s]+").fullmatch


class ConnectionCheckError(CrumblessError):
    """The check cannot be made. The message is one line."""


def run_command(url: str, patience: float, as_json: bool) -> int:
    """Run the connection check and print its findings. Returns 0 unless a check failed.

    Raises:
        ConnectionCheckError: if `url` is not an origin.
    """
    origin = url.rstrip("/").lower()
    if not _is_origin(origin):
        raise ConnectionCheckError(
            f"expected an address such as https://chat.example.com, without a path (it is {url!r})"
        )
    findings = asyncio.run(run_connection_check(origin, patience))
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(findings), indent=2) + b"\n")
    else:
        _print(Console(highlight=False), findings)
    return 1 if any(finding.state == "bad" for finding in findings) else 0


def _print(console: Console, findings: Sequence[Finding]) -> None:
    for finding in findings:
        mark, colour = MARKS[finding.state]
        line = Text.assemble((f"{mark:<5}", colour), f"{finding.name:<10}", finding.said)
        console.print(line, soft_wrap=True)
        if finding.advice:
            console.print(Text(f"{'':<15}{finding.advice}", "dim"), soft_wrap=True)
