"""Commands for sites."""

import secrets
from typing import Annotated

import typer

from crumbless.cli.ready_settings import read_ready_settings
from crumbless.database.database import write_once
from crumbless.sites.embed_snippet import embed_snippet
from crumbless.sites.workspace_set_up import add_site, workspace_for

app = typer.Typer()
site_app = typer.Typer(help="The websites with the chat on them.", no_args_is_help=True)
app.add_typer(site_app, name="site")

Workspace = Annotated[str, typer.Option(help="The workspace, by name or number; created if there is none.")]


@site_app.command("add")
def site_add(
    name: Annotated[str, typer.Argument(help="The name above the chat.")],
    origin: Annotated[list[str], typer.Option(help="An origin whose pages may show the chat; may be given again.")],
    workspace: Workspace = "Main",
    key: Annotated[str, typer.Option(help="The public site key; generated if it is not given.")] = "",
) -> None:
    """Add a site and print the embed code for its pages."""
    settings = read_ready_settings()
    site_key = key or secrets.token_urlsafe(9)
    write_once(
        settings.database.database_url,
        lambda connection: add_site(connection, workspace_for(connection, workspace), site_key, name, origin),
    )
    typer.echo(embed_snippet(settings.server.address, site_key))
