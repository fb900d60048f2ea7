"""Distinguishes errors of a system that has no resources left (descriptors, disk space, memory) from bugs."""

import errno
import logging
from collections.abc import Iterator

BUSY_SECONDS = 5.0
"""When a client may retry a request for which the system had no resources."""

_EXHAUSTED = {
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.EAGAIN,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EIO,
}
"""No descriptors, memory, processes or disk space are left, or the disk is read-only or broken."""

_TOO_MANY_FILES = "Too many open files"
"""The system's text for EMFILE: errors of imported shared objects and of the file storage contain no number."""

_SQLITE_BUSY, _SQLITE_NOMEM, _SQLITE_CANTOPEN = 5, 7, 14
_SQLITE_DISK = {8, 10, 13}
"""SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL."""

_POSTGRES_DISK = {"53100", "58030"}
"""SQLSTATE disk_full and io_error."""


def is_disk_failure(error: BaseException) -> bool:
    """Return whether the database could not write to its disk."""
    return any(
        _sqlite_code(one) in _SQLITE_DISK or getattr(one, "sqlstate", None) in _POSTGRES_DISK for one in _chain(error)
    )


def is_exhausted(error: BaseException) -> bool:
    """Return whether the system had no resources left, so that the same request may succeed later."""
    return is_disk_failure(error) or any(
        (isinstance(one, OSError) and one.errno in _EXHAUSTED)
        or _sqlite_code(one) in {_SQLITE_BUSY, _SQLITE_NOMEM, _SQLITE_CANTOPEN}
        or _TOO_MANY_FILES in str(one)
        for one in _chain(error)
    )


def _sqlite_code(error: BaseException) -> int:
    """Return SQLite's primary result code; 0 for other errors. The extended code has it in its lowest byte."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF if isinstance(code, int) else 0


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, the driver's error inside it, and the errors that caused it."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        left += [getattr(one, "orig", None), one.__cause__, one.__context__]


def in_one_line(error: BaseException) -> str:
    """Return the cause without the values of an SQL statement, which may be visitors' texts."""
    for one in _chain(error):
        if isinstance(one, OSError) or _sqlite_code(one) or getattr(one, "sqlstate", None):
            return f"{type(one).__name__}: {one}".partition("\n")[0]
    return type(error).__name__


def log_failure(log: logging.Logger, event: str, error: BaseException) -> None:
    """Log a bug with its traceback, and a system without resources in one line."""
    if is_exhausted(error):
        log.warning("%s: %s", event, in_one_line(error))
    else:
        log.error("%s", event, exc_info=error)
