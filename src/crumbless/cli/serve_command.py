"""`crumbless serve`: the server, and the setup link that its first start prints."""

import asyncio
import logging
from typing import Annotated

import typer
import uvloop

from crumbless.app import open_socket
from crumbless.app import serve as serve_platform
from crumbless.core.gc_tuning import pause_gc
from crumbless.core.logging_setup import configure_logging
from crumbless.core.settings import Settings, read_settings
from crumbless.database.database import write_once
from crumbless.sites.workspace_begin import SETUP_HOURS, offer_first_setup

app = typer.Typer()

Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on (0: any free port).")]


@app.command()
def serve(host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None, port: Port = None) -> None:
    """Serve widget, desk and API. The first start creates the database and prints a setup link."""
    pause_gc()
    settings = read_settings(host=host, port=port)
    configure_logging(settings.logging.log_format, settings.logging.log_level)
    listening = open_socket(settings.server.host, settings.server.port)
    settings = read_settings(host=host, port=listening.getsockname()[1])

    async def report() -> None:
        address = settings.server.address
        line = f"Crumbless runs at {address}; the desk is at {address}/desk/. Ctrl-C stops it."
        if settings.logging.log_format == "json":
            logging.getLogger("crumbless").info(line)
        else:
            typer.echo(line, err=True)
        await print_setup_link(settings)

    uvloop.run(serve_platform(settings, listening, on_ready=report))


async def print_setup_link(settings: Settings) -> None:
    """Print the setup link if the installation has no owner. To the console, never to a log."""
    secret = await asyncio.to_thread(write_once, settings.database.database_url, offer_first_setup)
    if secret is not None:
        typer.echo(
            f"\nThis installation has no owner yet. Open this link to set it up. It works once,"
            f" for {SETUP_HOURS} hours, or until the next start:\n\n  {settings.server.address}/desk#setup={secret}\n"
        )
