"""Plans the deletion of a site or a workspace, which begins a week later, and undoes it in the meantime.

Until then the site is closed for visitors: `find_site` does not find it, and their sessions end. The desk still shows
everything.
"""

from sqlalchemy import Connection, select, update

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.core.time_units import DAY_MS
from crumbless.http.action_services import ActionServices
from crumbless.ledger.tables import site, workspace
from crumbless.ledger.transaction import Transaction
from crumbless.people.actor_recheck import require_unchanged
from crumbless.people.people_wire import WorkspaceResponse
from crumbless.people.workspace_store import find_workspace_response
from crumbless.realtime.session_store import end_sessions, read_sessions
from crumbless.realtime.tables import session, visitor
from crumbless.security.access import Session
from crumbless.security.visibility import visible
from crumbless.sites.site_store import StoredSite, find_own_site

UNDO_DAYS = 7

BATCH_SESSIONS = 200


def plan_site_deletion(tx: Transaction, actor: Session, key: str) -> StoredSite:
    """Close the site for visitors and delete it in a week. Raises ApiError `forbidden`, `not_found`."""
    return _plan_site(tx, actor, key, now_ms() + UNDO_DAYS * DAY_MS)


def undo_site_deletion(tx: Transaction, actor: Session, key: str) -> StoredSite:
    """Open the site again. Raises ApiError `forbidden`; `not_found`, also if the site was deleted."""
    return _plan_site(tx, actor, key, None)


def plan_workspace_deletion(tx: Transaction, actor: Session, name: str) -> WorkspaceResponse:
    """Close all sites of the workspace for visitors, and delete it in a week.

    Raises:
        ApiError: `forbidden`; `invalid` if the name is not that of the workspace.
    """
    if name.strip() != find_workspace_response(tx.connection, actor.workspace).name:
        raise ApiError("invalid", "Enter the exact name of the workspace.")
    return _plan_workspace(tx, actor, now_ms() + UNDO_DAYS * DAY_MS)


def undo_workspace_deletion(tx: Transaction, actor: Session) -> WorkspaceResponse:
    """Open the sites of the workspace again. Raises ApiError `forbidden`."""
    return _plan_workspace(tx, actor, None)


async def end_closed_sessions(services: ActionServices, workspace_id: int, key: str | None) -> None:
    """End the visitors' sessions of a closed site, or of all sites of a closed workspace, in bounded batches."""
    of_site = [] if key is None else [site.c.key == key]

    def end(connection: Connection) -> int:
        numbers = select(site.c.id).where(site.c.workspace_id == workspace_id, *of_site)
        visitors = select(session.c.id).join(visitor, visitor.c.id == session.c.visitor_id)
        found = [
            *connection.execute(
                visitors.where(session.c.ended_at.is_(None), visitor.c.site_id.in_(numbers)).limit(BATCH_SESSIONS)
            ).scalars()
        ]
        end_sessions(connection, read_sessions(connection, session.c.id.in_(found)))
        return len(found)

    while await services.write(end) == BATCH_SESSIONS:
        continue


def _plan_site(tx: Transaction, actor: Session, key: str, at: int | None) -> StoredSite:
    connection = tx.connection
    require_unchanged(connection, actor)
    before = find_own_site(connection, actor.workspace, key, visible(actor))
    _require_change(before.delete_at, at)
    connection.execute(update(site).where(site.c.key == key).values(delete_at=at))
    _note(connection, actor, "site", key, before.looks.name, at)
    return find_own_site(connection, actor.workspace, key, visible(actor))


def _plan_workspace(tx: Transaction, actor: Session, at: int | None) -> WorkspaceResponse:
    connection = tx.connection
    require_unchanged(connection, actor)
    before = find_workspace_response(connection, actor.workspace)
    _require_change(before.delete_at, at)
    connection.execute(update(workspace).where(workspace.c.id == actor.workspace).values(delete_at=at))
    _note(connection, actor, "workspace", str(actor.workspace), before.name, at)
    return find_workspace_response(connection, actor.workspace)


def _require_change(before: int | None, at: int | None) -> None:
    """Reject a second plan, and an undo without a plan or after the time, when the deletion may have begun."""
    if (before is None) == (at is None):
        raise ApiError("invalid", "No deletion is planned." if at is None else "The deletion is already planned.")
    if before is not None and before <= now_ms():
        raise ApiError("invalid", "The time to undo the deletion has passed.")


def _note(connection: Connection, actor: Session, kind: str, name_id: str, name: str, at: int | None) -> None:
    action = f"{kind}_deletion_{'undone' if at is None else 'planned'}"
    details = {} if at is None else {"delete_at": at}
    write_audit_log(connection, actor, action, target_kind=kind, target_id=name_id, target_name=name, details=details)
