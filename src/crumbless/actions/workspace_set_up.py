"""Workspaces, sites and people are added: from the command line, and for the demo."""

import re

from sqlalchemy import Connection

from crumbless.domain.origin import check_origin
from crumbless.domain.password import check_new_password, hash_password
from crumbless.errors import Refused
from crumbless.store import people_store

_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,189}")
_SITE_KEY = re.compile(r"[A-Za-z0-9_-]{4,64}")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

MAX_NAME = 80
"""Longest name of an operator or a site, in characters: it stands in one line above or beside a chat."""


def workspace_for(connection: Connection, name: str) -> int:
    """The id of the workspace with this name, which is made when there is none."""
    found = people_store.find_workspace(connection, name)
    return people_store.add_workspace(connection, name) if found is None else found


def add_operator(connection: Connection, workspace: int, email: str, name: str, password: str) -> None:
    """Add an owner.

    Raises:
        Refused: `invalid` for an address that is none or taken or a name that is none; `weak_password`.
    """
    if not _EMAIL.fullmatch(email):
        raise Refused("invalid", f"{email!r} is not an e-mail address.")
    name = _checked_name(name, "beside the answers")
    check_new_password(password, (email, name))
    people_store.add_operator(connection, workspace, email, name, hash_password(password))


def add_site(connection: Connection, workspace: int, key: str, name: str, origins: list[str]) -> None:
    """Add a site.

    Raises:
        Refused: `invalid` for a key that is taken or no key, a name that is none, or an origin that is none.
    """
    if not _SITE_KEY.fullmatch(key):
        raise Refused("invalid", "A site key has 4 to 64 letters, digits, - or _.")
    if people_store.find_site(connection, key) is not None:
        raise Refused("invalid", f"There is a site with the key {key} already.")
    name = _checked_name(name, "above the chat")
    people_store.add_site(connection, workspace, key, name, [check_origin(origin) for origin in origins])


def _checked_name(name: str, where: str) -> str:
    name = name.strip()
    if not name:
        raise Refused("invalid", f"The name is empty; visitors see it {where}.")
    if len(name) > MAX_NAME or _BREAKS.search(name):
        raise Refused("invalid", f"The name must be one line of at most {MAX_NAME} characters.")
    return name
