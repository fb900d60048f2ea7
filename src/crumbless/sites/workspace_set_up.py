"""Adds workspaces, sites and operators, from the command line and for the demo."""

import re

from sqlalchemy import Connection

from crumbless.accounts.operator_store import add_operator as insert_operator
from crumbless.accounts.password import check_new_password, hash_password
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.names import FOR_PEOPLE, FOR_SITES, FOR_WORKSPACES, check_name
from crumbless.core.origin import check_origin
from crumbless.people.workspace_store import add_workspace, choose_workspace
from crumbless.security.access import OperatorRole
from crumbless.sites.site_store import add_site as insert_site
from crumbless.sites.site_store import is_key_taken

_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,189}")
_SITE_KEY = re.compile(r"[A-Za-z0-9_-]{4,64}")


def workspace_for(connection: Connection, name: str) -> int:
    """Return the workspace with this name or ID. Create a workspace with this name if it does not exist.

    Raises:
        ApiError: `invalid` if several workspaces have the name, or the name is invalid.
    """
    found = choose_workspace(connection, name)
    return add_workspace(connection, check_name(name, FOR_WORKSPACES)) if found is None else found


def add_operator(
    connection: Connection, workspace: int, email: str, name: str, password: str, role: OperatorRole = "owner"
) -> None:
    """Add an operator.

    Raises:
        ApiError: `invalid` if the address is invalid or taken, or the name is invalid; `weak_password`.
    """
    if not _EMAIL.fullmatch(email):
        raise ApiError("invalid", f"{email!r} is not an email address.")
    name = check_name(name, FOR_PEOPLE)
    check_new_password(password, (email, name))
    operator_id = insert_operator(connection, workspace, email, name, hash_password(password), role)
    write_audit_log(
        connection,
        workspace,
        "person_added",
        target_kind="operator",
        target_id=operator_id,
        target_name=name,
        details={"role": role},
    )


def add_site(connection: Connection, workspace: int, key: str, name: str, origins: list[str]) -> None:
    """Add a site.

    Raises:
        ApiError: `invalid` if the key is invalid or taken, or the name or an origin is invalid.
    """
    if not _SITE_KEY.fullmatch(key):
        raise ApiError("invalid", "A site key must have 4 to 64 letters, digits, - or _.")
    if is_key_taken(connection, key):
        raise ApiError("invalid", f"A site with the key {key} already exists.")
    name = check_name(name, FOR_SITES)
    insert_site(connection, workspace, key, name, [check_origin(origin) for origin in origins])
