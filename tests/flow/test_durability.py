"""A server is killed at random moments under load: acknowledged messages are stored once, and the file is intact."""

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from crumbless.database.database_sqlite import writing_engine
from crumbless.ledger.ledger_sqlite import SqliteBatchWriter
from support.client import Frame, Person, Stream, StreamOver
from support.people import World, new_entry_id
from support.server import ServerProcess

pytestmark = pytest.mark.storages("sqlite", "postgres")

SENDERS = 20
ROUNDS = 2

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


class Sender:
    """A client that sends as fast as the server acknowledges, and resends unacknowledged messages after a restart."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.acknowledged: dict[str, Frame] = {}
        self.waiting: list[str] = []

    async def send_until_cut(self, stream: Stream) -> None:
        """Have three messages in flight until the stream ends."""
        try:
            for entry_id in self.waiting:
                await self._send(stream, entry_id)
            while True:
                while len(self.waiting) < 3:
                    self.waiting.append(new_entry_id())
                    await self._send(stream, self.waiting[-1])
                frame = await stream.receive()
                if frame["op"] == "ack":
                    self._note(frame)
        except StreamOver:
            return

    async def send_rest(self, stream: Stream) -> None:
        """Send the waiting messages until all of them are acknowledged."""
        for entry_id in self.waiting:
            await self._send(stream, entry_id)
        while self.waiting:
            self._note(await stream.until("ack"))

    async def _send(self, stream: Stream, entry_id: str) -> None:
        await stream.send("send", id=entry_id, conversation=self.person.conversation, text=f"words of {entry_id}")

    def _note(self, ack: Frame) -> None:
        before = self.acknowledged.setdefault(ack["id"], ack)
        assert before["seq"] == ack["seq"], "a resend got another position"
        if ack["id"] in self.waiting:
            self.waiting.remove(ack["id"])


def check_file(server: ServerProcess) -> None:
    """Assert that the database is intact and that its numbers have neither gaps nor repeats."""
    assert server.damage() == []
    for workspace, position in server.rows("SELECT id, position FROM workspace"):
        positions = server.rows("SELECT position FROM entry WHERE workspace_id = ? ORDER BY position", workspace)
        assert [one for (one,) in positions] == [*range(1, position + 1)]
    for conversation, last_seq in server.rows("SELECT no, last_seq FROM conversation"):
        seqs = server.rows("SELECT seq FROM entry WHERE conversation_no = ? ORDER BY position", conversation)
        assert [one for (one,) in seqs] == [*range(1, last_seq + 1)], "seqs do not follow positions"


@pytest.mark.parametrize("seed", [1, 2])
async def test_kill_loses_no_acknowledged_message(start_server: StartServer, open_world: OpenWorld, seed: int) -> None:
    moments = random.Random(seed)
    server = start_server()
    world = open_world(server)
    senders = [Sender(await world.visitor()) for _ in range(SENDERS)]
    for _ in range(ROUNDS):
        streams = [await world.stream(sender.person) for sender in senders]
        sending = [
            asyncio.create_task(sender.send_until_cut(stream)) for sender, stream in zip(senders, streams, strict=True)
        ]
        enough = sum(len(sender.acknowledged) for sender in senders) + moments.randrange(40, 600)
        await world.eventually(_acknowledged(senders, enough))
        server.kill()
        await asyncio.gather(*sending)
        check_file(server)
        server.start()
        for sender in senders:
            stored = {row[0] for row in server.rows("SELECT id FROM entry WHERE author_id = ?", sender.person.id)}
            assert sender.acknowledged.keys() <= stored
    for sender in senders:
        await sender.send_rest(await world.stream(sender.person))
    check_file(server)
    for sender in senders:
        rows = server.rows("SELECT id, seq, data FROM entry WHERE author_id = ?", sender.person.id)
        assert len(rows) == len(sender.acknowledged) + 1, "an entry too many, or too few"
        by_id = {row[0]: row for row in rows}
        for entry_id, ack in sender.acknowledged.items():
            assert by_id[entry_id] == (entry_id, ack["seq"], f'{{"text":"words of {entry_id}"}}')
    assert server.stop() == 0


def _acknowledged(senders: list[Sender], count: int) -> Callable[[], Awaitable[bool]]:
    async def enough() -> bool:
        return sum(len(sender.acknowledged) for sender in senders) >= count

    return enough


@pytest.mark.storages("sqlite")
async def test_clean_shutdown_leaves_one_file(start_server: StartServer, open_world: OpenWorld) -> None:
    server = start_server()
    await open_world(server).visitor()
    assert server.stop() == 0
    assert not server.database.with_name("crumbless.db-wal").exists(), "the write-ahead log was not checkpointed"
    check_file(server)


def test_writing_connection_waits_for_the_disk(seeded_database: Path) -> None:
    engine = writing_engine(f"sqlite:///{seeded_database}")
    with engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection)
        full = 2
        assert driver.execute("PRAGMA synchronous").fetchone() == (full,)
        assert driver.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert driver.execute("PRAGMA foreign_keys").fetchone() == (1,)
    engine.dispose()


def test_ledger_uses_that_connection(seeded_database: Path) -> None:
    writer = SqliteBatchWriter(f"sqlite:///{seeded_database}")
    assert writer._execute("PRAGMA synchronous").fetchone() == (2,)  # pyright: ignore[reportPrivateUsage]
    writer.close()
