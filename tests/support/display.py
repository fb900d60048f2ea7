"""Provide an X display without a screen: WebKit's browser has no headless mode."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager

PACKAGE = "xvfb"


@contextmanager
def virtual_display() -> Generator[str]:
    """Start Xvfb, yield the name of its display, and stop it.

    Raises RuntimeError if Xvfb is missing or does not start.
    """
    command = shutil.which("Xvfb")
    if command is None:
        raise RuntimeError(f"Xvfb is missing: install the package {PACKAGE}")
    reading, writing = os.pipe()
    size = ["-screen", "0", "1400x1000x24"]
    arguments = [command, "-displayfd", str(writing), *size, "-nolisten", "tcp", "-noreset"]
    process = subprocess.Popen(arguments, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        # The pipe stays open until the whole line is read: Xvfb ends if it cannot write the line feed.
        with os.fdopen(reading) as line:
            number = line.readline().strip()
        if not number:
            raise RuntimeError("Xvfb ended before it had a display")
        yield f":{number}"
    finally:
        process.terminate()
        process.wait()
