"""The free space of the disks that an installation writes to."""

import os
from collections.abc import Sequence
from pathlib import Path

MEGABYTE = 1_000_000


class DiskSpace:
    """The folders that a node writes to.

    Args:
        least: bytes; less free space than this is reported. 0: never.
    """

    def __init__(self, folders: Sequence[Path], least: int) -> None:
        self._folders = [*folders]
        self._least = least

    def free(self) -> int | None:
        """Return the free bytes of the fullest disk; None if no folder is on a disk of this machine.

        It may block on a disk that does not respond: do not call it on the event loop.
        """
        found = [free for folder in self._folders if (free := free_bytes(folder)) is not None]
        return min(found, default=None)

    def is_low(self, free: int | None) -> bool:
        """Return whether `free` is below the limit of the setting."""
        return free is not None and free < self._least


def free_bytes(folder: Path) -> int | None:
    """Return the bytes that an unprivileged process may still write below the folder, which need not exist yet."""
    for place in (folder, *folder.absolute().parents):
        try:
            found = os.statvfs(place)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        return found.f_bavail * found.f_frsize
    return None
