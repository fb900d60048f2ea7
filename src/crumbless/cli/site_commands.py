"""Commands for sites."""

import secrets
from typing import Annotated

import typer

from crumbless.cli.ready_settings import read_ready_settings
from crumbless.database.database import write_once
from crumbless.sites.embed_snippet import embed_snippet
from crumbless.sites.workspace_set_up import add_site, workspace_for

app = typer.Typer()
site_app = typer.Typer(help="Add websites that show the chat.", no_args_is_help=True)
app.add_typer(site_app, name="site")

Workspace = Annotated[str, typer.Option(help="Name or number of the workspace. Created if it does not exist.")]


@site_app.command("add")
def site_add(
    name: Annotated[str, typer.Argument(help="The name that visitors see above the chat.")],
    origin: Annotated[
        list[str], typer.Option(help="Address of the website, such as https://www.example.com (repeatable).")
    ],
    workspace: Workspace = "Main",
    key: Annotated[str, typer.Option(help="The public site key (default: generated).")] = "",
) -> None:
    """Add a site and print the embed code for its pages."""
    settings = read_ready_settings()
    site_key = key or secrets.token_urlsafe(9)
    write_once(
        settings.database.database_url,
        lambda connection: add_site(connection, workspace_for(connection, workspace), site_key, name, origin),
    )
    typer.echo(embed_snippet(settings.server.address, site_key))
