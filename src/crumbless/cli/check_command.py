"""`crumbless check`: a check of the connection from outside."""

import sys
from typing import Annotated

import typer

from crumbless.connection_check.check_command import run_command

app = typer.Typer()


@app.command()
def check(
    url: Annotated[str, typer.Argument(help="Public address of the server, such as https://chat.example.com.")],
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    patience: Annotated[float, typer.Option(min=1, max=60, help="Timeout of each check in seconds.")] = 8.0,
) -> None:
    """Check a public address for problems with proxies and TLS. Exit code 1 if a check fails."""
    sys.exit(run_command(url, patience, json))
