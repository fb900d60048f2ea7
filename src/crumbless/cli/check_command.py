"""`crumbless check`: a check of the connection from outside."""

import sys
from typing import Annotated

import typer

from crumbless.connection_check.check_command import run_command

app = typer.Typer()


@app.command()
def check(
    url: Annotated[str, typer.Argument(help="The public address: https://chat.example.com.")],
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    patience: Annotated[float, typer.Option(min=1, max=60, help="Seconds that each part may take.")] = 8.0,
) -> None:
    """Check whether proxies let all requests and streams through to a server. Exit code 0 unless a check fails."""
    sys.exit(run_command(url, patience, json))
