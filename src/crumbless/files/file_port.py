"""The interfaces to file storage and to image processing."""

from collections.abc import Sequence
from typing import Literal, Protocol

from crumbless.core.errors import CrumblessError
from crumbless.files.file_type import ImageFormat


class FilesPort(Protocol):
    """Stores files by name (files/file_storage.py)."""

    async def put(self, name: str, content: bytes) -> None: ...

    async def get(self, name: str) -> bytes | None: ...

    async def delete(self, name: str) -> None: ...


class ImageRejected(CrumblessError):
    """A picture was rejected. `reason`: too_many_pixels or unreadable."""

    def __init__(self, reason: Literal["too_many_pixels", "unreadable"]) -> None:
        super().__init__(reason)
        self.reason = reason


class ImagesPort(Protocol):
    """Re-encodes pictures (files/image_process.py)."""

    async def cut(self, content: bytes, kind: ImageFormat, sizes: Sequence[int]) -> list[bytes]:
        """Return the picture's centre as squares of these sizes, as WebP. Raises ImageRejected."""
        ...
