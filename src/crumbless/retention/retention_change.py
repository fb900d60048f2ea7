"""Changes the retention rules of a workspace."""

import msgspec
from sqlalchemy import Connection

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.ledger.transaction import Transaction
from crumbless.people.actor_recheck import require_unchanged
from crumbless.retention.retention_read import rules_of_request
from crumbless.retention.retention_wire import RetentionRequest
from crumbless.retention.rule_store import store_rules
from crumbless.security.access import Session


def change_retention(tx: Transaction, actor: Session, wanted: RetentionRequest) -> None:
    """Replace the rules of the actor's workspace. The next run uses them.

    Raises:
        ApiError: `forbidden`; `not_found` for a site that the workspace does not have.
    """
    require_unchanged(tx.connection, actor)
    set_retention(tx.connection, actor, wanted)


def set_retention(connection: Connection, actor: Session | int, wanted: RetentionRequest) -> None:
    """Store the rules. `actor`: the session, or the workspace for a command and the set-up. Raises `not_found`."""
    workspace = actor.workspace if isinstance(actor, Session) else actor
    store_rules(connection, workspace, rules_of_request(connection, workspace, wanted))
    write_audit_log(
        connection,
        actor,
        "retention_changed",
        target_kind="workspace",
        target_id=str(workspace),
        details=msgspec.to_builtins(wanted),
    )
