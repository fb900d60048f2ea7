"""A file system in memory (tmpfs) that a test can make full. Mounting it needs root."""

import os
import subprocess
from pathlib import Path

ROOMY = "4g"
"""The limit while the disk has room. Only stored data takes memory."""

SMALLEST = 1_048_576
ATTEMPTS = 100


class LimitedDisk:
    """A tmpfs whose limit changes while it is in use.

    Args:
        folder: where it is mounted; an empty folder.
        user: number of the user to whom its root belongs.

    Raises:
        PermissionError: this process may not mount.
    """

    def __init__(self, folder: Path, user: int) -> None:
        self._folder = folder
        mounted = _run("mount", "-t", "tmpfs", "-o", f"size={ROOMY},mode=700,uid={user}", "tmpfs", str(folder))
        if mounted.returncode:
            raise PermissionError(mounted.stderr.strip())

    def fill(self) -> None:
        """Lower the limit to what is stored now: every write that needs another page fails with ENOSPC."""
        refusal = ""
        for _ in range(ATTEMPTS):
            found = os.statvfs(self._folder)
            used = (found.f_blocks - found.f_bfree) * found.f_frsize
            limited = _run("mount", "-o", f"remount,size={max(used, SMALLEST)}", str(self._folder))
            if not limited.returncode:
                return
            # Something was stored between the two calls.
            refusal = limited.stderr
        raise AssertionError(f"the disk could not be made full: {refusal}")

    def make_room(self) -> None:
        """Raise the limit again."""
        made = _run("mount", "-o", f"remount,size={ROOMY}", str(self._folder))
        assert made.returncode == 0, made.stderr

    def unmount(self) -> None:
        """Take it away with all that it stores, even while a process has a file of it open."""
        _run("umount", "-l", str(self._folder))


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)
