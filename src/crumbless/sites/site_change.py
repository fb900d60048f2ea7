"""Creates and changes sites, and changes the workspace."""

import re
import secrets

from sqlalchemy import Connection

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.names import FOR_SITES, FOR_WORKSPACES, check_name
from crumbless.core.origin import check_origin
from crumbless.ledger.transaction import Transaction
from crumbless.people.actor_recheck import require_unchanged
from crumbless.people.people_wire import WorkspaceRequest, WorkspaceResponse
from crumbless.people.workspace_store import (
    StaffPrivacy,
    find_workspace_response,
    read_staff_privacy,
    rename_workspace,
    set_staff_privacy,
)
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


def change_workspace(tx: Transaction, actor: Session, wanted: WorkspaceRequest) -> WorkspaceResponse:
    """Change the workspace and return it.

    Raises:
        ApiError: `forbidden`; `invalid` if the name is invalid.
    """
    require_unchanged(tx.connection, actor)
    if wanted.name is not None:
        _rename_workspace(tx.connection, actor, check_name(wanted.name, FOR_WORKSPACES))
    _change_staff_privacy(tx.connection, actor, wanted)
    return find_workspace_response(tx.connection, actor.workspace)


def _rename_workspace(connection: Connection, actor: Session, name: str) -> None:
    before = find_workspace_response(connection, actor.workspace)
    rename_workspace(connection, actor.workspace, name)
    write_audit_log(
        connection,
        actor,
        "workspace_renamed",
        target_kind="workspace",
        target_id=str(actor.workspace),
        target_name=name,
        details={"from": before.name},
    )


def _change_staff_privacy(connection: Connection, actor: Session, wanted: WorkspaceRequest) -> None:
    before = read_staff_privacy(connection, actor.workspace)
    after = StaffPrivacy(
        before.shows_reading if wanted.shows_reading is None else wanted.shows_reading,
        before.operator_reports if wanted.operator_reports is None else wanted.operator_reports,
    )
    if after == before:
        return
    set_staff_privacy(connection, actor.workspace, after)
    write_audit_log(
        connection,
        actor,
        "staff_privacy_changed",
        target_kind="workspace",
        target_id=str(actor.workspace),
        details={"shows_reading": after.shows_reading, "operator_reports": after.operator_reports},
    )


def _note(connection: Connection, actor: Session | int, action: str, key: str, appearance: SiteAppearance) -> None:
    details = {"origins": [*appearance.origins], "accent": appearance.accent, "side": appearance.side}
    write_audit_log(
        connection, actor, action, target_kind="site", target_id=key, target_name=appearance.name, details=details
    )
