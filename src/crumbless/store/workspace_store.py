"""Workspaces: the tenants of an installation."""

from sqlalchemy import Connection, func, select, update

from crumbless.domain.wire_people import WorkspaceResponse
from crumbless.errors import ApiError
from crumbless.store.tables import operator, workspace


def find_workspace_response(connection: Connection, workspace_id: int) -> WorkspaceResponse:
    """The workspace as its people see it."""
    row = connection.execute(select(workspace).where(workspace.c.id == workspace_id)).one()
    return WorkspaceResponse(row.name, row.created_at)


def rename_workspace(connection: Connection, workspace_id: int, name: str) -> None:
    """Give the workspace another name."""
    connection.execute(update(workspace).where(workspace.c.id == workspace_id).values(name=name))


def choose_workspace(connection: Connection, wanted: str) -> int | None:
    """The number of the workspace with this name, or with this number; None when there is none.

    Raises:
        ApiError: `invalid` when several have the name: tenants name their workspaces themselves.
    """
    if wanted.isascii() and wanted.isdigit():
        by_number = select(workspace.c.id).where(workspace.c.id == int(wanted[:9]))
        if (found := connection.execute(by_number).scalar()) is not None:
            return found
    numbers = [*connection.execute(select(workspace.c.id).where(workspace.c.name == wanted)).scalars()]
    if len(numbers) > 1:
        told = " or ".join(str(number) for number in numbers)
        raise ApiError("invalid", f"Several workspaces are called {wanted}: name one by its number, {told}.")
    return numbers[0] if numbers else None


def list_workspaces(connection: Connection) -> list[tuple[int, str, int]]:
    """Number, name and how many people of each workspace."""
    rows = connection.execute(
        select(workspace.c.id, workspace.c.name, func.count(operator.c.id))
        .outerjoin(operator, operator.c.workspace_id == workspace.c.id)
        .group_by(workspace.c.id, workspace.c.name)
        .order_by(workspace.c.id)
    )
    return [(number, name, people) for number, name, people in rows]
