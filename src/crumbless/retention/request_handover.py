"""Hands over the open requests of people that an operator handles."""

from sqlalchemy import Connection, func, select, update

from crumbless.people.handover import Departure, HandoverRow
from crumbless.retention.tables import person_request
from crumbless.security.access import PERMISSIONS


def _open(workspace: int, operator_id: str):
    return (
        person_request.c.workspace_id == workspace,
        person_request.c.operator_id == operator_id,
        person_request.c.status == "open",
    )


def _count(connection: Connection, workspace: int, operator_id: str) -> int:
    query = select(func.count()).select_from(person_request).where(*_open(workspace, operator_id))
    return connection.execute(query).scalar_one()


def _give(connection: Connection, departure: Departure) -> int:
    """Make the colleague the operator who handles the requests. Without one who may, they have no operator."""
    colleague = departure.colleague
    takes = colleague is not None and "erase_data" in PERMISSIONS[colleague.role]
    mine = _open(departure.actor.workspace, departure.leaver.id)
    to = colleague.id if colleague is not None and takes else ""
    given = connection.execute(update(person_request).where(*mine).values(operator_id=to)).rowcount
    return given if takes else 0


REQUESTS = HandoverRow("requests", _count, _give)
