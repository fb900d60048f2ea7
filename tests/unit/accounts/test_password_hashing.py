"""Password hashing runs at low priority, and finishes on a busy machine too."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from crumbless.accounts import password_hashing
from crumbless.accounts.password_hashing import HASHERS, MAX_WAITING, hash_of, is_right
from crumbless.core.errors import ApiError

IDLE = "crumbless-idle"


class Machine:
    """Replaces argon2: returns the name of the thread. Idle threads get no turn until the machine is `calm`."""

    def __init__(self) -> None:
        self.calm = threading.Event()
        self.begun: list[str] = []

    def hash(self, password: str) -> str:
        name = threading.current_thread().name
        self.begun.append(name)
        if name == IDLE:
            self.calm.wait()
        if password == "bad":
            raise ValueError(password)
        return name


def wait_for_remaining() -> None:
    for one in [one for one in threading.enumerate() if one.name == IDLE]:
        one.join()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    machine = Machine()
    wait_for_remaining()
    monkeypatch.setattr(password_hashing, "hash_password", machine.hash)
    # The machine that runs the tests may be busy.
    monkeypatch.setattr(password_hashing, "_lower_priority", lambda: None)
    monkeypatch.setattr(password_hashing, "TIMEOUT_SECONDS", 60)
    yield machine
    machine.calm.set()
    wait_for_remaining()


async def test_password_is_hashed_and_verified() -> None:
    hashed = await hash_of("correct horse battery")
    assert await is_right(hashed, "correct horse battery")
    assert not await is_right(hashed, "wrong horse battery")
    assert not await is_right(None, "correct horse battery")


async def test_idle_thread_hashes_when_it_gets_a_turn(machine: Machine) -> None:
    machine.calm.set()
    assert [await hash_of("x") for _ in range(3 * HASHERS)] == [IDLE] * 3 * HASHERS


async def test_hashing_on_a_busy_machine_moves_to_a_normal_thread(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_hashing, "TIMEOUT_SECONDS", 0.05)
    for _ in range(HASHERS):
        assert await hash_of("x") != IDLE
    async with asyncio.timeout(30):
        while machine.begun.count(IDLE) < HASHERS:  # noqa: ASYNC110 - a thread sets no event of the loop
            await asyncio.sleep(0.01)
    monkeypatch.setattr(password_hashing, "TIMEOUT_SECONDS", 60)
    async with asyncio.timeout(30):
        assert await hash_of("x") != IDLE, "the next hash does not wait for the remaining ones"


async def test_error_of_a_hash_is_raised(machine: Machine) -> None:
    machine.calm.set()
    for _ in range(2 * HASHERS):
        with pytest.raises(ValueError, match="bad"):
            await hash_of("bad")
    assert await hash_of("x") == IDLE


async def test_too_many_hashes_are_refused(machine: Machine) -> None:
    waiting = [asyncio.create_task(hash_of("x")) for _ in range(MAX_WAITING + 1)]
    with pytest.raises(ApiError, match="busy"):
        await waiting[-1]
    machine.calm.set()
    assert len(await asyncio.gather(*waiting[:-1])) == MAX_WAITING
    assert await hash_of("x") == IDLE, "none is refused once they are done"
