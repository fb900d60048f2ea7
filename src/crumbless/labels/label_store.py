"""Labels in the database."""

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.labels.label_wire import Label
from crumbless.labels.tables import label


def list_labels(connection: Connection, workspace: int) -> list[Label]:
    """Return the labels of a workspace, by name."""
    rows = connection.execute(select(label).where(label.c.workspace_id == workspace))
    return [Label(row.id, row.name, row.colour) for row in sorted(rows, key=lambda row: row.name.casefold())]


def find_label(connection: Connection, workspace: int, label_id: str) -> Label:
    """Return the label of this workspace. Raises ApiError `not_found`."""
    own = label.c.id == label_id, label.c.workspace_id == workspace
    row = connection.execute(select(label).where(*own)).first()
    if row is None:
        raise ApiError("not_found", "There is no such label.")
    return Label(row.id, row.name, row.colour)


def add_label(connection: Connection, workspace: int, wanted: Label) -> None:
    """Add a label. Raises ApiError `invalid` if another one has its name."""
    values = {"id": wanted.id, "name": wanted.name, "colour": wanted.colour}
    try:
        connection.execute(insert(label).values(workspace_id=workspace, created_at=now_ms(), **values))
    except IntegrityError:
        raise _taken() from None


def store_label(connection: Connection, workspace: int, wanted: Label) -> None:
    """Change name and colour of the label with this ID. Raises ApiError `invalid` if another one has its name."""
    own = label.c.id == wanted.id, label.c.workspace_id == workspace
    try:
        connection.execute(update(label).where(*own).values(name=wanted.name, colour=wanted.colour))
    except IntegrityError:
        raise _taken() from None


def remove_label(connection: Connection, workspace: int, label_id: str) -> None:
    """Delete a label. Conversations and entries still contain its ID, which clients do not show."""
    connection.execute(delete(label).where(label.c.id == label_id, label.c.workspace_id == workspace))


def _taken() -> ApiError:
    return ApiError("invalid", "Another label has this name.")
