"""Stores an operator's photo: re-encoded, under a random name, and deleted when it is replaced."""

import hashlib

from sqlalchemy import Connection

from crumbless.core.errors import ApiError
from crumbless.core.ids import new_random_id, now_ms
from crumbless.core.time_units import HOUR_MS
from crumbless.files.file_port import FilesPort, ImageRejected, ImagesPort
from crumbless.files.file_services import FileServices
from crumbless.files.file_store import StoredFile, add_file, change_photo, find_file, remove_file
from crumbless.files.file_type import image_format
from crumbless.files.photo import MEDIA_TYPE, SIZES, names_of, photo_path
from crumbless.http.action_services import ActionServices
from crumbless.ledger.ledger_port import ReaderPort
from crumbless.ledger.transaction import Transaction
from crumbless.security.access import Session
from crumbless.tasks.task import Task, TaskFailed
from crumbless.tasks.task_store import add_task

ORPHAN_MS = HOUR_MS
"""Time until the files of an upload that failed are deleted."""


async def store_photo(services: ActionServices, actor: Session, content: bytes, storage: FileServices) -> str:
    """Set the operator's photo and return its path.

    Raises:
        ApiError: `unsupported_media_type`, `too_large`, `bad_picture`, `busy`.
    """
    resized = await _resize(content, storage.pictures)
    file_id = new_random_id()
    # Queued before the files are written, so that they are deleted if anything fails from here on.
    await services.write(lambda connection: _queue_removal(connection, actor.workspace, file_id, now_ms() + ORPHAN_MS))
    for name, one in zip(names_of(file_id), resized, strict=True):
        await storage.files.put(name, one)
    stored = StoredFile(
        file_id, actor.workspace, "photo", MEDIA_TYPE, len(resized[0]), hashlib.sha256(resized[0]).hexdigest()
    )

    def take(connection: Connection) -> None:
        add_file(connection, stored)
        _replace(connection, actor.workspace, actor.subject, file_id)

    await services.write(take)
    return photo_path(file_id)


def remove_photo(tx: Transaction, actor: Session) -> None:
    """Delete the operator's photo."""
    drop_photo(tx.connection, actor.workspace, actor.subject)


def drop_photo(connection: Connection, workspace: int, operator_id: str) -> None:
    """Delete the photo of an operator."""
    _replace(connection, workspace, operator_id, None)


class FileRemoval:
    """Runs the tasks of the kind "file_removal", which delete the content of unused files."""

    def __init__(self, files: FilesPort, reader: ReaderPort) -> None:
        self._files = files
        self._reader = reader

    async def __call__(self, task: Task) -> None:
        """Delete the file's content, unless the file is in use. Raises TaskFailed."""
        file_id: str = task.payload["file"]
        if await self._reader.read(lambda connection: find_file(connection, file_id)):
            return
        try:
            for name in names_of(file_id):
                await self._files.delete(name)
        except Exception as error:
            raise TaskFailed(f"the file storage could not be reached ({type(error).__name__})") from None


async def _resize(content: bytes, pictures: ImagesPort) -> list[bytes]:
    kind = image_format(content)
    if kind is None:
        raise ApiError("unsupported_media_type", "Send a picture: JPEG, PNG, WebP or GIF.")
    try:
        return await pictures.cut(content, kind, SIZES)
    except ImageRejected as error:
        if error.reason == "too_many_pixels":
            raise ApiError("too_large", "The picture has more than 40 million pixels. Make it smaller first.") from None
        raise ApiError("bad_picture") from None


def _replace(connection: Connection, workspace: int, operator_id: str, file_id: str | None) -> None:
    before = change_photo(connection, operator_id, file_id)
    if before is not None:
        remove_file(connection, before)
        _queue_removal(connection, workspace, before, now_ms())


def _queue_removal(connection: Connection, workspace: int, file_id: str, due_at: int) -> None:
    add_task(connection, workspace, "file_removal", {"file": file_id}, due_at=due_at)
