"""Passwords are hashed and verified in separate threads, a few at a time and with a bounded queue.

Each takes 64 MiB and a tenth of a second. A flood of sign-ins must neither fill the memory nor delay other work.
A thread with idle priority starts the work and uses only processor time that is otherwise unused. If other programs
leave almost none, the work is done again with normal priority, one hash at a time.

Simpler forms were measured, each a plain pool of two threads. The delay of a chat was measured with 500 messages per
second while 200 clients signed in without a pause, on the same core. Each number is a single run on a busy machine.

- Normal priority: a message took 22 ms (p99 1540), and a hash 0.3 s.
- Nice 19: a message took 0.7 ms (p99 38). Beside two busy programs no hash was done within 40 s.
- Idle: a message took 0.8 ms (p99 309). A hash took 12 to 30 s beside two busy programs, so clients give up and retry.
- This form: a message took 6 ms (p99 247). A hash took at most 2.4 s beside two busy programs.

On a quiet machine the p99 of a message was 0.3 ms without sign-ins, 2.0 with nice 19 and 0.8 with idle threads. A low
priority needs the second attempt. It costs memory for one more hash (206 instead of 139 MB at most).
"""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from crumbless.accounts.password import MAX_LENGTH, hash_password, verify_password
from crumbless.core.errors import ApiError

T = TypeVar("T")

HASHERS = 2
MAX_WAITING = 60
"""With two hashes at a time, the last one waits about five seconds."""

RETRY_SECONDS = 5.0

TIMEOUT_SECONDS = 1.0
"""How long a hash runs with idle priority before it is done again with normal priority."""


def _lower_priority() -> None:
    # Messages take precedence. Linux schedules each thread separately: it interrupts an idle thread at once, but lets a
    # thread with a high nice value run for some milliseconds. If a sandbox forbids this, chats are a little slower.
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(threading.get_native_id(), os.SCHED_IDLE, os.sched_param(0))


_threads = ThreadPoolExecutor(HASHERS, "crumbless-password")
_idle_slots = threading.Semaphore(HASHERS)
_direct_lock = threading.Lock()


class _Queue:
    waiting = 0


async def is_right(password_hash: str | None, password: str) -> bool:
    """Return whether the password is right. For None or an empty hash return False after the same time.

    Raises:
        ApiError: `busy` if too many requests wait.
    """
    if len(password) > MAX_LENGTH:
        return False
    return await _run(lambda: verify_password(password_hash or None, password))


async def hash_of(password: str) -> str:
    """Return the hash to store. Raises ApiError `busy`."""
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
    # While all idle threads are still blocked, another one would be blocked too.
    if _idle_slots.acquire(blocking=False):
        outcome = Future[T]()
        # A daemon thread, because the process must be able to exit while it still runs.
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
        # Released before the outcome is set, because the waiting thread starts the next hash at once.
        _idle_slots.release()
        outcome.set_result(result)
