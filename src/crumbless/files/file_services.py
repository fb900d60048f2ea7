"""The services for stored files, created once in app.py."""

from dataclasses import dataclass

from crumbless.files.file_port import FilesPort, ImagesPort


@dataclass(frozen=True, slots=True)
class FileServices:
    """The file storage and the resizing of pictures."""

    files: FilesPort
    pictures: ImagesPort
