"""Commands for workspaces and operators."""

import secrets
import sys
from typing import Annotated

import typer
from sqlalchemy import Connection

from crumbless.accounts.operator_store import find_credentials
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.cli.ready_settings import read_ready_settings
from crumbless.core.errors import ApiError
from crumbless.database.database import write_once
from crumbless.people.member_store import find_member_by_email, list_members
from crumbless.people.person_change import disable_by_command
from crumbless.people.workspace_store import choose_workspace, list_workspaces
from crumbless.security.access import OperatorRole
from crumbless.sign_in.account_policy_change import remove_by_command
from crumbless.sign_in.password_reset import RESET_MINUTES, new_reset
from crumbless.sites.workspace_begin import SETUP_HOURS, offer_workspace
from crumbless.sites.workspace_set_up import add_operator, workspace_for

app = typer.Typer()
operator_app = typer.Typer(help="Add, list, reset and disable operators.", no_args_is_help=True)
workspace_app = typer.Typer(
    help="Add and list workspaces (tenants), each with its operators, sites and conversations.", no_args_is_help=True
)
app.add_typer(operator_app, name="operator")
app.add_typer(workspace_app, name="workspace")

Email = Annotated[str, typer.Argument(help="The operator's email address.")]


@operator_app.command("add")
def operator_add(
    email: Email,
    name: Annotated[str, typer.Option(help="The name that visitors see.")],
    workspace: Annotated[
        str, typer.Option(help="Name or number of the workspace. Created if it does not exist.")
    ] = "Main",
    role: Annotated[OperatorRole, typer.Option(help="The operator's role.")] = "owner",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input instead of generating one.")
    ] = False,
) -> None:
    """Add an operator and print the generated password. It is shown only once."""
    settings = read_ready_settings()
    password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(12)

    def add(connection: Connection) -> None:
        add_operator(connection, workspace_for(connection, workspace), email, name, password, role)

    write_once(settings.database.database_url, add)
    typer.echo(f"Added {email} to {workspace}." + ("" if password_stdin else f"\nPassword: {password}"))


@operator_app.command("list")
def operator_list() -> None:
    """List all operators: workspace, role, name and email."""
    for one in write_once(read_ready_settings().database.database_url, list_members):
        state = "" if one.active else "  (disabled)"
        typer.echo(f"{one.workspace}  {one.role:8}  {one.name}  {one.email}{state}")


@operator_app.command("reset")
def operator_reset(email: Email) -> None:
    """Print a link for choosing a new password. Send it to the operator yourself."""

    def make(connection: Connection) -> str:
        person = find_credentials(connection, email)
        if person is None or not person.active:
            raise ApiError("not_found", f"No operator signs in with {email}.")
        name = person.operator.name
        write_audit_log(
            connection,
            person.workspace,
            "reset_asked",
            target_kind="operator",
            target_id=person.operator.id,
            target_name=name,
        )
        return new_reset(connection, person)

    settings = read_ready_settings()
    secret = write_once(settings.database.database_url, make)
    typer.echo(f"The link works once, for {RESET_MINUTES} minutes:\n{settings.server.address}/desk#reset={secret}")


@operator_app.command("disable")
def operator_disable(email: Email) -> None:
    """Disable the operator's sign-in and end all sessions."""

    def disable(connection: Connection) -> None:
        person = find_member_by_email(connection, email)
        if person is None:
            raise ApiError("not_found", f"No operator signs in with {email}.")
        disable_by_command(connection, person)

    write_once(read_ready_settings().database.database_url, disable)
    typer.echo(f"{email} can no longer sign in.")


@workspace_app.command("add")
def workspace_add(name: Annotated[str, typer.Argument(help="The name of the workspace.")]) -> None:
    """Add a workspace and print the link for its future owner."""
    settings = read_ready_settings()
    secret = write_once(settings.database.database_url, lambda connection: offer_workspace(connection, name))
    typer.echo(f"The link works once, for {SETUP_HOURS} hours:\n{settings.server.address}/desk#setup={secret}")


@workspace_app.command("list")
def workspace_list() -> None:
    """List the workspaces: number, name and number of operators."""
    for number, name, people in write_once(read_ready_settings().database.database_url, list_workspaces):
        typer.echo(f"{number}  {name}  {people}")


@workspace_app.command("remove-policy")
def workspace_remove_policy(name: Annotated[str, typer.Argument(help="Name or number of the workspace.")]) -> None:
    """Remove the workspace's account policy (its rules for signing in), if it locks all operators out."""

    def remove(connection: Connection) -> None:
        workspace = choose_workspace(connection, name)
        if workspace is None:
            raise ApiError("not_found", f"There is no workspace {name}.")
        remove_by_command(connection, workspace)

    write_once(read_ready_settings().database.database_url, remove)
    typer.echo(f"Removed the account policy of {name}. The server's settings still apply.")
