"""An operator's photo: re-encoded from what was sent, kept under a name nobody guesses, removed when it is
replaced."""

import hashlib

from sqlalchemy import Connection

from crumbless.actions.action_services import ActionServices
from crumbless.domain.access import Session
from crumbless.domain.file_type import image_format
from crumbless.domain.photo import MEDIA_TYPE, SIZES, names_of, photo_path
from crumbless.domain.ports import FilesPort, ImageRejected, ImagesPort, ReaderPort
from crumbless.domain.task import Task, TaskFailed
from crumbless.domain.transaction import Transaction
from crumbless.errors import ApiError
from crumbless.ids import new_random_id, now_ms
from crumbless.store.file_store import StoredFile, add_file, change_photo, find_file, remove_file
from crumbless.store.task_store import add_task

ORPHAN_MS = 3_600_000
"""After which what was put away for a photo that never came to be is removed."""


async def store_photo(services: ActionServices, actor: Session, content: bytes) -> str:
    """Make this picture the operator's photo; returns its path.

    Raises:
        ApiError: `unsupported_media_type`, `too_large`, `bad_picture`, `busy`.
    """
    made = await _cut(content, services.pictures)
    file_id = new_random_id()
    # Before the content: whatever goes wrong from here on, what was put away and is nobody's photo is removed.
    await services.write(lambda connection: _queue_removal(connection, actor.workspace, file_id, now_ms() + ORPHAN_MS))
    for name, one in zip(names_of(file_id), made, strict=True):
        await services.files.put(name, one)
    kept = StoredFile(file_id, actor.workspace, "photo", MEDIA_TYPE, len(made[0]), hashlib.sha256(made[0]).hexdigest())

    def take(connection: Connection) -> None:
        add_file(connection, kept)
        _replace(connection, actor, file_id)

    await services.write(take)
    return photo_path(file_id)


def remove_photo(tx: Transaction, actor: Session) -> None:
    """The operator has no photo any more."""
    _replace(tx.connection, actor, None)


class FileRemoval:
    """Does the tasks of the kind "file_removal": removes what belongs to no file."""

    def __init__(self, files: FilesPort, reader: ReaderPort) -> None:
        self._files = files
        self._reader = reader

    async def __call__(self, task: Task) -> None:
        """Remove the file's content, unless the file is kept after all. Raises TaskFailed."""
        file_id: str = task.payload["file"]
        if await self._reader.read(lambda connection: find_file(connection, file_id)):
            return
        try:
            for name in names_of(file_id):
                await self._files.delete(name)
        except Exception as error:
            raise TaskFailed(f"the file storage could not be reached ({type(error).__name__})") from None


async def _cut(content: bytes, pictures: ImagesPort) -> list[bytes]:
    kind = image_format(content)
    if kind is None:
        raise ApiError("unsupported_media_type", "Send a picture: JPEG, PNG, WebP or GIF.")
    try:
        return await pictures.cut(content, kind, SIZES)
    except ImageRejected as error:
        if error.reason == "too_many_pixels":
            raise ApiError("too_large", "The picture has more than 40 million pixels. Make it smaller first.") from None
        raise ApiError("bad_picture") from None


def _replace(connection: Connection, actor: Session, file_id: str | None) -> None:
    before = change_photo(connection, actor.subject, file_id)
    if before is not None:
        remove_file(connection, before)
        _queue_removal(connection, actor.workspace, before, now_ms())


def _queue_removal(connection: Connection, workspace: int, file_id: str, due_at: int) -> None:
    add_task(connection, workspace, "file_removal", {"file": file_id}, due_at=due_at)
