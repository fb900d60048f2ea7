"""Workspaces: the tenants of an installation."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.ledger.tables import workspace
from crumbless.people.people_wire import WorkspaceResponse
from crumbless.realtime.tables import operator


@dataclass(frozen=True, slots=True)
class StaffPrivacy:
    """The data about its operators that a workspace shows.

    `shows_reading`: colleagues see who is reading a conversation. `operator_reports`: reports show single operators.
    """

    shows_reading: bool
    operator_reports: bool


def read_staff_privacy(connection: Connection, workspace_id: int) -> StaffPrivacy:
    """Return what the workspace shows about its operators.

    A feature asks before it stores or sends such data, so that the data does not leave the server if it is off.
    """
    row = connection.execute(select(workspace).where(workspace.c.id == workspace_id)).one()
    return StaffPrivacy(bool(row.shows_reading), bool(row.operator_reports))


def set_staff_privacy(connection: Connection, workspace_id: int, privacy: StaffPrivacy) -> None:
    """Store what the workspace shows about its operators."""
    values = {"shows_reading": int(privacy.shows_reading), "operator_reports": int(privacy.operator_reports)}
    connection.execute(update(workspace).where(workspace.c.id == workspace_id).values(**values))


def find_workspace_response(connection: Connection, workspace_id: int) -> WorkspaceResponse:
    """Return the workspace in the form that its operators see."""
    row = connection.execute(select(workspace).where(workspace.c.id == workspace_id)).one()
    return WorkspaceResponse(
        name=row.name,
        created_at=row.created_at,
        delete_at=row.delete_at,
        shows_reading=bool(row.shows_reading),
        operator_reports=bool(row.operator_reports),
    )


def rename_workspace(connection: Connection, workspace_id: int, name: str) -> None:
    """Rename the workspace."""
    connection.execute(update(workspace).where(workspace.c.id == workspace_id).values(name=name))


def choose_workspace(connection: Connection, name_or_id: str) -> int | None:
    """Return the ID of the workspace with this name or this ID, or None.

    Raises:
        ApiError: `invalid` if several have the name, because workspaces choose their names freely.
    """
    if name_or_id.isascii() and name_or_id.isdigit():
        by_number = select(workspace.c.id).where(workspace.c.id == int(name_or_id[:9]))
        if (found := connection.execute(by_number).scalar()) is not None:
            return found
    numbers = [*connection.execute(select(workspace.c.id).where(workspace.c.name == name_or_id)).scalars()]
    if len(numbers) > 1:
        ids = " or ".join(str(number) for number in numbers)
        raise ApiError("invalid", f"Several workspaces are called {name_or_id}. Use a number instead: {ids}.")
    return numbers[0] if numbers else None


def list_workspaces(connection: Connection) -> list[tuple[int, str, int]]:
    """Return ID, name and number of operators of each workspace."""
    rows = connection.execute(
        select(workspace.c.id, workspace.c.name, func.count(operator.c.id))
        .outerjoin(operator, operator.c.workspace_id == workspace.c.id)
        .where(workspace.c.deleted_at.is_(None))
        .group_by(workspace.c.id, workspace.c.name)
        .order_by(workspace.c.id)
    )
    return [(number, name, people) for number, name, people in rows]


def add_workspace(connection: Connection, name: str) -> int:
    """Add a workspace and return its ID."""
    row = connection.execute(insert(workspace).values(name=name, position=0, created_at=now_ms()))
    key: Any = row.inserted_primary_key
    return int(key[0])


def find_workspace(connection: Connection, name: str) -> int | None:
    """Return the ID of the workspace with this name."""
    return connection.execute(select(workspace.c.id).where(workspace.c.name == name)).scalar()
