"""Sessions in use: found without the database, and ended for all holders at once."""

import asyncio

import pytest

from crumbless.core import ids
from crumbless.core.ids import now_ms
from crumbless.core.steady_clock import read_machine
from crumbless.realtime import session_cache as sessions_module
from crumbless.realtime.session_cache import SessionCache
from crumbless.security.access import Session
from support.value_make import make_session

IDLE_MS = 86_400_000


class Database:
    """Sessions by the hash of their token."""

    def __init__(self, **kept: Session) -> None:
        self.kept = {name.encode(): session for name, session in kept.items()}
        self.reads = 0
        self.seen_at = now_ms()
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def read(self, token_hash: bytes) -> Session | None:
        self.reads += 1
        self.asked.set()
        found = self.kept.get(token_hash)
        await self.may_answer.wait()
        # A new object each time, as a row is.
        return found and make_session(id=found.id, role=found.role, seen_at=self.seen_at)


async def test_session_is_read_once() -> None:
    database = Database(one=make_session())
    sessions = SessionCache(database.read, IDLE_MS, IDLE_MS)
    first = await sessions.find(b"one")
    assert first is not None
    assert await sessions.find(b"one") is first
    assert database.reads == 1


async def test_unknown_token_has_no_session() -> None:
    sessions = SessionCache(Database().read, IDLE_MS, IDLE_MS)
    assert await sessions.find(b"none") is None
    assert await sessions.find(b"none") is None


async def test_simultaneous_look_ups_return_the_same_session() -> None:
    sessions = SessionCache(Database(one=make_session()).read, IDLE_MS, IDLE_MS)
    found = await asyncio.gather(*(sessions.find(b"one") for _ in range(5)))
    assert len({id(session) for session in found}) == 1


async def test_ended_session_is_ended_for_every_holder() -> None:
    stored = make_session()
    database = Database(one=stored, two=make_session())
    sessions = SessionCache(database.read, IDLE_MS, IDLE_MS)
    held, other = await sessions.find(b"one"), await sessions.find(b"two")
    assert held is not None
    assert other is not None
    sessions.forget(stored.id)
    assert held.ended
    assert not other.ended
    assert await sessions.find(b"one") is None, "the database may be a moment behind"
    assert await sessions.find(b"two") is other


async def test_read_that_began_before_the_end_does_not_restore_the_session() -> None:
    stored = make_session()
    database = Database(one=stored)
    sessions = SessionCache(database.read, IDLE_MS, IDLE_MS)
    database.may_answer.clear()
    late = asyncio.create_task(sessions.find(b"one"))
    await database.asked.wait()
    sessions.forget(stored.id)
    database.may_answer.set()
    assert await late is None


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_module, "MAX_ITEMS", 2)
    database = Database(a=make_session(), b=make_session(), c=make_session())
    sessions = SessionCache(database.read, IDLE_MS, IDLE_MS)
    for name in (b"a", b"b", b"a", b"c", b"a"):
        assert await sessions.find(name)
    assert database.reads == 3, "the session with the oldest use is dropped"
    await sessions.find(b"b")
    assert database.reads == 4


async def test_unused_session_has_expired_unless_another_node_saw_it() -> None:
    database = Database(one=make_session(role="owner"))
    sessions = SessionCache(database.read, IDLE_MS, 10 * IDLE_MS)
    held = await sessions.find(b"one")
    assert held is not None
    held.seen_at -= IDLE_MS
    assert await sessions.find(b"one") is not None, "the database has a later use"
    assert database.reads == 2
    database.seen_at -= IDLE_MS
    fresh = SessionCache(database.read, IDLE_MS, 10 * IDLE_MS)
    assert await fresh.find(b"one") is None
    assert await SessionCache(database.read, 10 * IDLE_MS, IDLE_MS).find(b"one") is not None, (
        "each role has a separate limit"
    )


async def test_uses_of_operators_are_stored_each_time_and_of_visitors_once_an_hour() -> None:
    sessions = SessionCache(
        Database(v=make_session(id="v", role="visitor"), o=make_session(id="o", role="owner")).read, IDLE_MS, IDLE_MS
    )
    visitor, operator = await sessions.find(b"v"), await sessions.find(b"o")
    assert visitor is not None
    assert operator is not None
    assert sessions.take_used() == {"o"}
    assert sessions.take_used() == set()
    sessions.note_used(operator, now_ms())
    sessions.note_used(visitor, visitor.seen_at + 3_599_999)
    assert sessions.take_used() == {"o"}
    sessions.note_used(visitor, visitor.seen_at + 3_600_000)
    assert sessions.take_used() == {"v"}


async def test_read_that_began_before_a_change_is_repeated() -> None:
    database = Database(one=make_session())
    sessions = SessionCache(database.read, IDLE_MS, IDLE_MS)
    database.may_answer.clear()
    late = asyncio.create_task(sessions.find(b"one"))
    await database.asked.wait()
    sessions.forget_person("visitor-1")
    database.may_answer.set()
    found = await late
    assert found is not None
    assert not found.ended
    assert database.reads == 2


async def test_changed_operator_is_read_again_unless_the_change_is_known() -> None:
    database = Database(one=make_session(), two=make_session())
    sessions = SessionCache(database.read, IDLE_MS, IDLE_MS)
    before, current = await sessions.find(b"one"), await sessions.find(b"two")
    assert before is not None
    assert current is not None
    current.changed_at = 7
    sessions.forget_person("visitor-1", 7)
    assert before.ended
    assert not current.ended
    assert await sessions.find(b"one") is not before
    assert await sessions.find(b"two") is current


JUMPS = [sign * by for by in (600_000, 86_400_000, 8 * 86_400_000, 365 * 86_400_000) for sign in (1, -1)]


@pytest.mark.parametrize("jump", JUMPS)
async def test_clock_jump_ends_no_session_for_idleness(jump: int) -> None:
    database = Database(one=make_session(role="owner"), two=make_session(role="visitor"))
    wall, elapsed = read_machine()
    ids.steady.see(wall, elapsed)
    ids.steady.begin(wall + jump, elapsed)
    sessions = SessionCache(database.read, IDLE_MS, IDLE_MS)
    assert await sessions.find(b"one") is not None
    assert await sessions.find(b"two") is not None
    ids.steady.begin(wall + IDLE_MS, elapsed)
    ids.steady.see(wall + IDLE_MS, elapsed)
    assert await SessionCache(database.read, IDLE_MS, IDLE_MS).find(b"one") is None, "both witnesses confirm it"


async def test_use_in_the_future_is_stored_again() -> None:
    database = Database(v=make_session(id="v", role="visitor"))
    database.seen_at += 365 * 86_400_000
    sessions = SessionCache(database.read, IDLE_MS, IDLE_MS)
    found = await sessions.find(b"v")
    assert found is not None
    assert found.seen_at <= now_ms()
    assert sessions.take_used() == {"v"}
