"""Sessions in use: found without the database, and gone for everybody at once."""

import asyncio

import pytest

from crumbless.domain.access import Session
from crumbless.live import sessions as sessions_module
from crumbless.live.sessions import Sessions
from support.value_make import make_session

IDLE_MS = 60_000


class Database:
    """Sessions by the hash of their token."""

    def __init__(self, **kept: Session) -> None:
        self.kept = {name.encode(): session for name, session in kept.items()}
        self.reads = 0
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def read(self, token_hash: bytes) -> Session | None:
        self.reads += 1
        self.asked.set()
        found = self.kept.get(token_hash)
        await self.may_answer.wait()
        # A new object each time, as a row is.
        return found and make_session(id=found.id)


async def test_a_session_is_read_once() -> None:
    database = Database(one=make_session())
    sessions = Sessions(database.read, IDLE_MS)
    first = await sessions.find(b"one")
    assert first is not None
    assert await sessions.find(b"one") is first
    assert database.reads == 1


async def test_an_unknown_token_is_nobodys() -> None:
    sessions = Sessions(Database().read, IDLE_MS)
    assert await sessions.find(b"none") is None
    assert await sessions.find(b"none") is None


async def test_all_who_ask_at_once_hold_the_same_session() -> None:
    sessions = Sessions(Database(one=make_session()).read, IDLE_MS)
    found = await asyncio.gather(*(sessions.find(b"one") for _ in range(5)))
    assert len({id(session) for session in found}) == 1


async def test_an_ended_session_is_ended_for_whoever_holds_it() -> None:
    kept = make_session()
    database = Database(one=kept, two=make_session())
    sessions = Sessions(database.read, IDLE_MS)
    held, other = await sessions.find(b"one"), await sessions.find(b"two")
    assert held is not None
    assert other is not None
    sessions.forget(kept.id)
    assert held.ended
    assert not other.ended
    assert await sessions.find(b"one") is None, "the database may be a moment behind"
    assert await sessions.find(b"two") is other


async def test_a_read_that_began_before_the_end_does_not_bring_the_session_back() -> None:
    kept = make_session()
    database = Database(one=kept)
    sessions = Sessions(database.read, IDLE_MS)
    database.may_answer.clear()
    late = asyncio.create_task(sessions.find(b"one"))
    await database.asked.wait()
    sessions.forget(kept.id)
    database.may_answer.set()
    assert await late is None


async def test_memory_is_bounded_by_those_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_module, "MOST", 2)
    database = Database(a=make_session(), b=make_session(), c=make_session())
    sessions = Sessions(database.read, IDLE_MS)
    for name in (b"a", b"b", b"a", b"c", b"a"):
        assert await sessions.find(name)
    assert database.reads == 3, "the one used last time longest ago drops out"
    await sessions.find(b"b")
    assert database.reads == 4
