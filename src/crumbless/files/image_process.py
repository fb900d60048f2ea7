"""Runs the process that crops pictures (image_crop.py), one at a time, with a deadline and an empty environment."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from crumbless.core.errors import ApiError
from crumbless.core.exhaustion import BUSY_SECONDS
from crumbless.files.file_port import ImageRejected
from crumbless.files.file_type import ImageFormat
from crumbless.files.image_crop import TOO_MANY_PIXELS

DEADLINE_SECONDS = 10.0
MAX_OUTPUT = 1_000_000
"""Maximum of bytes that the process may write; a few thousand are usual."""

log = logging.getLogger("crumbless.pictures")

_PROGRAM = Path(__file__).with_name("image_crop.py")


class ImageProcess:
    """The port for pictures."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def cut(self, content: bytes, kind: ImageFormat, sizes: Sequence[int]) -> list[bytes]:
        """Return the picture's centre as squares of these sizes, each a WebP that contains only pixels.

        Raises:
            ImageRejected: if the picture cannot be read, has too many pixels or takes too long.
            ApiError: `busy` if the system cannot start a process now.
        """
        async with self._turn:
            process = await _start(kind, sizes)
            try:
                async with asyncio.timeout(DEADLINE_SECONDS):
                    written, _ = await process.communicate(content)
            except TimeoutError:
                raise ImageRejected("unreadable") from None
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
        if process.returncode == TOO_MANY_PIXELS:
            raise ImageRejected("too_many_pixels")
        if process.returncode != 0 or len(written) > MAX_OUTPUT:
            raise ImageRejected("unreadable")
        return _parts(written, len(sizes))


async def _start(kind: ImageFormat, sizes: Sequence[int]) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_PROGRAM),
            kind,
            *(str(size) for size in sizes),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            cwd="/",
        )
    except OSError as error:
        # Any error number: without free descriptors, uvloop raises "Unknown error -1".
        log.warning("could not start the image process: %s", error)
        raise ApiError("busy", retry_after=BUSY_SECONDS) from None


def _parts(written: bytes, number: int) -> list[bytes]:
    parts: list[bytes] = []
    at = 0
    for _ in range(number):
        size = int.from_bytes(written[at : at + 4], "big")
        parts.append(written[at + 4 : at + 4 + size])
        at += 4 + size
    if at != len(written) or not all(parts):
        raise ImageRejected("unreadable")
    return parts
