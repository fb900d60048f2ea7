"""Creates and changes sites, and renames the workspace."""

import re
import secrets

from sqlalchemy import Connection

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.names import FOR_SITES, FOR_WORKSPACES, check_name
from crumbless.core.origin import check_origin
from crumbless.ledger.transaction import Transaction
from crumbless.people.actor_recheck import require_unchanged
from crumbless.people.people_wire import WorkspaceResponse
from crumbless.people.workspace_store import find_workspace_response, rename_workspace
from crumbless.security.access import Session
from crumbless.security.visibility import visible
from crumbless.sites.site_store import SiteAppearance, StoredSite, find_own_site, insert_site, update_site
from crumbless.sites.site_wire import SiteRequest

MAX_ORIGINS = 50
KEY_BYTES = 9

_match_colour = re.compile(r"#[0-9a-fA-F]{6}").fullmatch


def check_appearance(wanted: SiteRequest) -> SiteAppearance:
    """Return the appearance as it is stored.

    Raises:
        ApiError: `invalid` if the name, an origin or the colour is invalid, or if there are too many origins.
    """
    if len(wanted.origins) > MAX_ORIGINS:
        raise ApiError("invalid", f"List at most {MAX_ORIGINS} origins.")
    if wanted.accent is not None and not _match_colour(wanted.accent):
        raise ApiError("invalid", "Enter a colour such as #0e6a5a.")
    origins = [*dict.fromkeys(check_origin(origin) for origin in wanted.origins)]
    return SiteAppearance(check_name(wanted.name, FOR_SITES), origins, wanted.accent, wanted.side)


def make_site(tx: Transaction, actor: Session | int, appearance: SiteAppearance) -> StoredSite:
    """Create a site with a new key.

    Args:
        actor: the session, or the workspace that is being set up.

    Raises:
        ApiError: `forbidden`.
    """
    if isinstance(actor, Session):
        require_unchanged(tx.connection, actor)
    workspace = actor.workspace if isinstance(actor, Session) else actor
    key = secrets.token_urlsafe(KEY_BYTES)
    insert_site(tx.connection, workspace, key, appearance)
    _note(tx.connection, actor, "site_added", key, appearance)
    return find_own_site(tx.connection, workspace, key, None)


def change_site(tx: Transaction, actor: Session, key: str, appearance: SiteAppearance) -> StoredSite:
    """Change the site and return it.

    Raises:
        ApiError: `forbidden`, `not_found`.
    """
    require_unchanged(tx.connection, actor)
    find_own_site(tx.connection, actor.workspace, key, visible(actor))
    update_site(tx.connection, actor.workspace, key, appearance)
    _note(tx.connection, actor, "site_changed", key, appearance)
    return find_own_site(tx.connection, actor.workspace, key, visible(actor))


def change_workspace(tx: Transaction, actor: Session, name: str) -> WorkspaceResponse:
    """Rename the workspace and return it.

    Raises:
        ApiError: `forbidden`; `invalid` if the name is invalid.
    """
    require_unchanged(tx.connection, actor)
    before = find_workspace_response(tx.connection, actor.workspace)
    checked = check_name(name, FOR_WORKSPACES)
    rename_workspace(tx.connection, actor.workspace, checked)
    write_audit_log(
        tx.connection,
        actor,
        "workspace_renamed",
        target_kind="workspace",
        target_id=str(actor.workspace),
        target_name=checked,
        details={"from": before.name},
    )
    return find_workspace_response(tx.connection, actor.workspace)


def _note(connection: Connection, actor: Session | int, action: str, key: str, appearance: SiteAppearance) -> None:
    details = {"origins": [*appearance.origins], "accent": appearance.accent, "side": appearance.side}
    write_audit_log(
        connection, actor, action, target_kind="site", target_id=key, target_name=appearance.name, details=details
    )
