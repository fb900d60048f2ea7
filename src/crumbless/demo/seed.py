"""The demo's initial data: one workspace, one site, one owner and some colleagues."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from crumbless.accounts.operator_store import add_operator as insert_operator
from crumbless.accounts.operator_store import find_credentials
from crumbless.consent.tag_store import VendorTag, drop_vendor_tag, set_vendor_tag
from crumbless.core.errors import SettingsError
from crumbless.database.database import write_once
from crumbless.security.access import OperatorRole
from crumbless.sites.site_store import find_site, set_site_origins
from crumbless.sites.workspace_set_up import add_operator, add_site, workspace_for

SITE_KEY = "demo-shop"
SITE_NAME = "Kornblume Tea"
WORKSPACE = "Kornblume"
OWNER = "Alex Morgan"
EMAIL = "owner@example.com"
COLLEAGUES: tuple[tuple[str, str, OperatorRole], ...] = (
    ("Sam Okafor", "sam@example.com", "admin"),
    ("Mina Park", "mina@example.com", "operator"),
    ("Luis Ortega", "luis@example.com", "analyst"),
)
"""One of each role. They have no password yet: "Forgot your password?" and the demo's mailbox give them one."""

TAGS = (VendorTag("ga4", "browser", "G-DEMO000000", ""), VendorTag("tiktok", "browser", "CDEMO000000000000000", ""))
"""Invalid identifiers: Google and TikTok ignore events with them."""


@dataclass(frozen=True, slots=True)
class Owner:
    """How to sign in at the desk."""

    email: str
    password: str


def seed(database_url: str, folder: Path, shop_origin: str, with_tags: bool = False) -> Owner:
    """Add the missing data, and allow the shop's present origin to show the chat.

    Args:
        with_tags: whether the shop uses vendor scripts.
        folder: where the owner's generated password is stored, readable only by the user.

    Raises:
        SettingsError: if the stored password cannot be read.
    """
    owner = _owner(folder / "owner.json")

    def put_in(connection: Connection) -> None:
        workspace = workspace_for(connection, WORKSPACE)
        if find_credentials(connection, owner.email) is None:
            add_operator(connection, workspace, owner.email, OWNER, owner.password)
            for name, email, role in COLLEAGUES:
                insert_operator(connection, workspace, email, name, "", role)
        if find_site(connection, SITE_KEY) is None:
            add_site(connection, workspace, SITE_KEY, SITE_NAME, [shop_origin])
        set_site_origins(connection, SITE_KEY, [shop_origin])
        _choose_tags(connection, with_tags)

    write_once(database_url, put_in)
    return owner


def _choose_tags(connection: Connection, with_tags: bool) -> None:
    site = find_site(connection, SITE_KEY)
    if site is None:
        return
    for tag in TAGS:
        if with_tags:
            set_vendor_tag(connection, site, tag)
        else:
            drop_vendor_tag(connection, site, tag.service)


def _owner(path: Path) -> Owner:
    if path.exists():
        try:
            return msgspec.json.decode(path.read_bytes(), type=Owner)
        except (OSError, ValueError):
            raise SettingsError(f"--data: cannot read {path}; delete the folder to start again") from None
    owner = Owner(EMAIL, secrets.token_urlsafe(12))
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"email": owner.email, "password": owner.password}, file)
    return owner
