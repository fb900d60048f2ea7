"""Whoever changes others is looked at again in the transaction of the change: they may have been changed just now."""

from sqlalchemy import Connection

from crumbless.domain.access import Session
from crumbless.errors import ApiError
from crumbless.store.operator_store import Member, find_member


def require_unchanged(connection: Connection, actor: Session) -> Member:
    """The operator who acts.

    Raises:
        ApiError: `forbidden` when they are disabled, or have another role than their session says.
    """
    current = find_member(connection, actor.workspace, actor.subject)
    if not current.active or current.role != actor.role:
        raise ApiError("forbidden", "Your role has just changed.")
    return current
