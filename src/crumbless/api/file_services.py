"""Parts for stored files, joined once in app.py."""

from dataclasses import dataclass

from crumbless.domain.ports import FilesPort, ImagesPort


@dataclass(frozen=True, slots=True)
class FileServices:
    """Where files are stored, and how pictures are made smaller."""

    files: FilesPort
    pictures: ImagesPort
