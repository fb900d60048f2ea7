"""A lock by which benches have the machine to themselves: tests share it, and a bench needs all of it."""

import fcntl
import os
from pathlib import Path

LOCK = Path(__file__).parents[2] / "var" / "machine.lock"


def hold_machine(*, alone: bool, path: Path = LOCK) -> bool:
    """Take the lock until this process ends. Return False if another process of this checkout prevents it.

    Args:
        alone: no other process may hold the lock, as a bench needs it. Tests run beside each other.
    """
    path.parent.mkdir(exist_ok=True)
    # Never closed. Servers that the process starts do not inherit it.
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    return True
