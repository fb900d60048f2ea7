"""Sites are made and changed; the workspace gets another name."""

import re
import secrets

from sqlalchemy import Connection

from crumbless.actions.actor_check import require_unchanged
from crumbless.actions.audit_write import write_audit
from crumbless.actions.workspace_set_up import FOR_SITES, FOR_WORKSPACES
from crumbless.domain.access import Session
from crumbless.domain.origin import check_origin
from crumbless.domain.profile import check_name
from crumbless.domain.visibility import visible
from crumbless.domain.wire_people import SiteRequest, WorkspaceView
from crumbless.errors import Refused
from crumbless.store.site_store import KeptSite, SiteLooks, find_own_site, insert_site, update_site
from crumbless.store.workspace_store import find_workspace_view, rename_workspace

MAX_ORIGINS = 50
KEY_BYTES = 9

_match_colour = re.compile(r"#[0-9a-fA-F]{6}").fullmatch


def check_looks(wanted: SiteRequest) -> SiteLooks:
    """The site as it is kept.

    Raises:
        Refused: `invalid` for what is no name, origin or colour, and for too many origins.
    """
    if len(wanted.origins) > MAX_ORIGINS:
        raise Refused("invalid", f"List at most {MAX_ORIGINS} origins.")
    if wanted.accent is not None and not _match_colour(wanted.accent):
        raise Refused("invalid", "A colour looks like #0e6a5a.")
    origins = [*dict.fromkeys(check_origin(origin) for origin in wanted.origins)]
    return SiteLooks(check_name(wanted.name, FOR_SITES), origins, wanted.accent, wanted.side)


def make_site(connection: Connection, actor: Session | int, looks: SiteLooks) -> KeptSite:
    """A new site, under a new key.

    Args:
        actor: who makes it, or the workspace that is being set up.

    Raises:
        Refused: `forbidden`.
    """
    if isinstance(actor, Session):
        require_unchanged(connection, actor)
    workspace = actor.workspace if isinstance(actor, Session) else actor
    key = secrets.token_urlsafe(KEY_BYTES)
    insert_site(connection, workspace, key, looks)
    _note(connection, actor, "site_added", key, looks)
    return find_own_site(connection, workspace, key, None)


def change_site(connection: Connection, by: Session, key: str, looks: SiteLooks) -> KeptSite:
    """The site as it is from now on.

    Raises:
        Refused: `forbidden`, `not_found`.
    """
    require_unchanged(connection, by)
    find_own_site(connection, by.workspace, key, visible(by))
    update_site(connection, by.workspace, key, looks)
    _note(connection, by, "site_changed", key, looks)
    return find_own_site(connection, by.workspace, key, visible(by))


def change_workspace(connection: Connection, by: Session, name: str) -> WorkspaceView:
    """The workspace under its new name.

    Raises:
        Refused: `forbidden`, `invalid` for what is no name.
    """
    require_unchanged(connection, by)
    before = find_workspace_view(connection, by.workspace)
    checked = check_name(name, FOR_WORKSPACES)
    rename_workspace(connection, by.workspace, checked)
    write_audit(
        connection,
        by,
        "workspace_renamed",
        target_kind="workspace",
        target_id=str(by.workspace),
        target_name=checked,
        details={"from": before.name},
    )
    return find_workspace_view(connection, by.workspace)


def _note(connection: Connection, actor: Session | int, act: str, key: str, looks: SiteLooks) -> None:
    details = {"origins": [*looks.origins], "accent": looks.accent, "side": looks.side}
    write_audit(connection, actor, act, target_kind="site", target_id=key, target_name=looks.name, details=details)
