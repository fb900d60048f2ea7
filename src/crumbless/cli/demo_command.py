"""`crumbless demo`: a sample shop with the chat."""

from pathlib import Path
from typing import Annotated

import typer

from crumbless.demo.run import run_demo

app = typer.Typer()


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on (0: any free port).")] = 8000,
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON when ready, instead of the text.")
    ] = False,
    data: Annotated[Path, typer.Option(help="Folder for the demo's database and password.")] = Path("var/demo"),
    tags: Annotated[
        bool, typer.Option("--tags", help="Use Google Analytics and TikTok Pixel in the shop, after consent.")
    ] = False,
) -> None:
    """Run a sample shop with the chat, and the desk for its operators, on this machine."""
    run_demo(data, port, json, tags)
