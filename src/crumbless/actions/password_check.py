"""Passwords are hashed and verified in separate threads, a few at a time and with a bounded queue.

Each takes 64 MiB and a tenth of a second: a flood of sign-ins must neither fill the memory nor make others wait long.
The work is begun by an idle thread, to which the system gives what nobody else wants. Where other programs want it all,
that is next to nothing: then, one at a time, it is done again without giving way.
"""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from crumbless.domain.password import MAX_LENGTH, hash_password, verify_password
from crumbless.errors import ApiError

T = TypeVar("T")

HASHERS = 2
MAX_WAITING = 60
"""With two at a time, the last of them waits about five seconds."""

RETRY_SECONDS = 5.0

TIMEOUT_SECONDS = 1.0
"""How long a hash gives way."""


def _lower_priority() -> None:
    # Messages go first: on Linux each thread is scheduled by itself, and an idle one gives way at once, where one that
    # is merely nice keeps its core for some milliseconds. Where a sandbox forbids it, chats are a little slower.
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(threading.get_native_id(), os.SCHED_IDLE, os.sched_param(0))


_threads = ThreadPoolExecutor(HASHERS, "crumbless-password")
_idle_slots = threading.Semaphore(HASHERS)
_direct_lock = threading.Lock()


class _Queue:
    waiting = 0


async def is_right(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; for None or an empty hash it takes as long and is wrong.

    Raises:
        ApiError: `busy` when too many wait.
    """
    if len(password) > MAX_LENGTH:
        return False
    return await _run(lambda: verify_password(password_hash or None, password))


async def hash_of(password: str) -> str:
    """The hash to keep. Raises ApiError `busy`."""
    return await _run(lambda: hash_password(password))


async def _run(operation: Callable[[], T]) -> T:
    if _Queue.waiting >= MAX_WAITING:
        raise ApiError("busy", retry_after=RETRY_SECONDS)
    _Queue.waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, _run_with_fallback, operation)
    finally:
        _Queue.waiting -= 1


def _run_with_fallback(operation: Callable[[], T]) -> T:
    # While those that gave way without success are left over, the next need not find out again.
    if _idle_slots.acquire(blocking=False):
        outcome = Future[T]()
        # It holds up no exit of the process, for which it may be too slow.
        threading.Thread(target=_run_idle, args=(operation, outcome), name="crumbless-idle", daemon=True).start()
        with contextlib.suppress(TimeoutError):
            return outcome.result(TIMEOUT_SECONDS)
    with _direct_lock:
        return operation()


def _run_idle(operation: Callable[[], T], outcome: Future[T]) -> None:
    _lower_priority()
    try:
        result = operation()
    except BaseException as error:
        _idle_slots.release()
        outcome.set_exception(error)
    else:
        # Before the outcome is known: who waits for it begins the next at once.
        _idle_slots.release()
        outcome.set_result(result)
