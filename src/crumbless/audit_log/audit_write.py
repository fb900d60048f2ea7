"""Writes the audit log: one entry for each action, in the transaction of the action."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from crumbless.audit_log.audit_store import AuditRecord, add_audit_record
from crumbless.core.ids import now_ms
from crumbless.core.logging_setup import request_id
from crumbless.security.access import Session


def write_audit_log(
    connection: Connection,
    actor: Session | int,
    action: str,
    *,
    target_kind: str = "",
    target_id: str = "",
    target_name: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append an entry to the audit log, with the ID of the current request.

    Args:
        actor: the session that runs the action; a workspace for an action of the command line or the system.
        action: the action in lower-case words in the past tense, such as "person_invited".
    """
    session = actor if isinstance(actor, Session) else None
    add_audit_record(
        connection,
        AuditRecord(
            workspace=actor.workspace if isinstance(actor, Session) else actor,
            at=now_ms(),
            actor_kind="system" if session is None else "visitor" if session.role == "visitor" else "operator",
            actor_id=session.subject if session else "",
            actor_name=session.name if session else "",
            action=action,
            target_kind=target_kind,
            target_id=target_id,
            target_name=target_name,
            session_id=session.id if session else None,
            thumbprint=session.thumbprint if session else None,
            request_id=request_id.get() or None,
            details=details or {},
        ),
    )
