"""Whoever changes others is looked at again in the transaction of the change: they may have been changed just now."""

from sqlalchemy import Connection

from crumbless.domain.access import Session
from crumbless.errors import Refused
from crumbless.store.operator_store import Member, find_member


def require_unchanged(connection: Connection, by: Session) -> Member:
    """The operator who acts.

    Raises:
        Refused: `forbidden` when they are disabled, or have another role than their session says.
    """
    actor = find_member(connection, by.workspace, by.subject)
    if not actor.active or actor.role != by.role:
        raise Refused("forbidden", "Your role has just changed.")
    return actor
