"""Which files are kept, of which kind; their content lies elsewhere (adapters/files_store.py)."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, insert, select

from crumbless.ids import now_ms
from crumbless.store.operator_change import change_operators
from crumbless.store.tables import operator
from crumbless.store.tables_people import file

FileKind = Literal["photo"]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file."""

    id: str
    workspace: int
    kind: FileKind
    media_type: str
    size: int
    digest: str


def add_file(connection: Connection, kept: StoredFile) -> None:
    """Note that a file is kept."""
    connection.execute(
        insert(file).values(
            id=kept.id,
            workspace_id=kept.workspace,
            kind=kept.kind,
            media_type=kept.media_type,
            size=kept.size,
            digest=kept.digest,
            created_at=now_ms(),
        )
    )


def find_file(connection: Connection, file_id: str) -> StoredFile | None:
    """The file with this id."""
    row = connection.execute(select(file).where(file.c.id == file_id)).first()
    if row is None:
        return None
    return StoredFile(row.id, row.workspace_id, row.kind, row.media_type, row.size, row.digest)


def remove_file(connection: Connection, file_id: str) -> None:
    """Forget a file; its content is for a task to remove."""
    connection.execute(delete(file).where(file.c.id == file_id))


def change_photo(connection: Connection, operator_id: str, file_id: str | None) -> str | None:
    """The operator's photo is this file from now on, or none; the file that it was before."""
    before = connection.execute(select(operator.c.photo).where(operator.c.id == operator_id)).scalar()
    change_operators(connection, operator.c.id == operator_id, photo=file_id)
    return before
