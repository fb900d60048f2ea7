"""The stored files and their kinds. Their content is in another store (files/file_storage.py)."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, insert, select

from crumbless.core.ids import now_ms
from crumbless.files.tables import file
from crumbless.realtime.operator_change import change_operators
from crumbless.realtime.tables import operator

FileKind = Literal["photo"]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file's metadata."""

    id: str
    workspace: int
    kind: FileKind
    media_type: str
    size: int
    digest: str


def add_file(connection: Connection, stored: StoredFile) -> None:
    """Add a file's metadata."""
    connection.execute(
        insert(file).values(
            id=stored.id,
            workspace_id=stored.workspace,
            kind=stored.kind,
            media_type=stored.media_type,
            size=stored.size,
            digest=stored.digest,
            created_at=now_ms(),
        )
    )


def find_file(connection: Connection, file_id: str) -> StoredFile | None:
    """Return the file with this ID."""
    row = connection.execute(select(file).where(file.c.id == file_id)).first()
    if row is None:
        return None
    return StoredFile(row.id, row.workspace_id, row.kind, row.media_type, row.size, row.digest)


def remove_file(connection: Connection, file_id: str) -> None:
    """Delete a file's metadata. A task removes its content."""
    connection.execute(delete(file).where(file.c.id == file_id))


def change_photo(connection: Connection, operator_id: str, file_id: str | None) -> str | None:
    """Set or remove the operator's photo and return the ID of the previous file."""
    before = connection.execute(select(operator.c.photo).where(operator.c.id == operator_id)).scalar()
    change_operators(connection, operator.c.id == operator_id, photo=file_id)
    return before
