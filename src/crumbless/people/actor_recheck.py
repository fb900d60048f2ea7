"""Checks an operator who changes other operators again, in the transaction of the change."""

from sqlalchemy import Connection

from crumbless.core.errors import ApiError
from crumbless.people.member_store import Member, find_member
from crumbless.security.access import Session


def require_unchanged(connection: Connection, actor: Session) -> Member:
    """Return the operator of the session.

    Raises:
        ApiError: `forbidden` if the operator was disabled or has another role than the session.
    """
    current = find_member(connection, actor.workspace, actor.subject)
    if not current.active or current.role != actor.role:
        raise ApiError("forbidden", "Your role has just changed. Reload the page.")
    return current
