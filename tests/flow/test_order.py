"""Many clients send at once, disconnect and resume with their cursor: all end with exactly the server's timeline."""

import asyncio
import random
from collections.abc import Callable

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.client import Frame, Person, PollStream, Stream, StreamOver, Transport, ask
from support.people import OLGA, OTTO, World, new_entry_id, say
from support.server import ServerProcess

pytestmark = pytest.mark.storages("sqlite", "postgres")

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


class Reader:
    """A client that stores the received entries and resumes with its cursor, as the protocol requires."""

    def __init__(self, world: World, person: Person, transport: Transport, cursor: int) -> None:
        self.world = world
        self.person = person
        self.transport: Transport = transport
        self.number = "seq" if person.conversation else "position"
        self.cursor = cursor
        self.applied: list[Frame] = []
        self.stream: Stream | None = None
        self._read = 0

    async def connect(self) -> None:
        """Close the stream, if there is one, and open another after the last entry."""
        await self.drop()
        self.stream = await self.world.stream(self.person, self.transport, self.cursor)
        self._read = 0

    async def drop(self) -> None:
        """Disconnect without closing the stream."""
        if self.stream is not None:
            self.apply()
            await self.stream.close()
            self.stream = None

    def apply(self) -> None:
        """Apply received entries. Each must follow the entry before it: no gap, no repeat, in order."""
        assert self.stream is not None
        entries = self.stream.entries()
        for entry in entries[self._read :]:
            assert entry[self.number] == self.cursor + 1
            self.cursor += 1
            self.applied.append(entry)
        self._read = len(entries)

    async def reach(self, number: int) -> None:
        """Read until the entry with this number has arrived."""
        if self.stream is None:
            await self.connect()
        assert self.stream is not None
        if number > self.cursor:
            await self.stream.until_entry(**{self.number: number})
        self.apply()


async def send_many(stream: Stream, count: int, conversation: str) -> None:
    """Send without waiting, then wait for every acknowledgement."""
    ids = [new_entry_id() for _ in range(count)]
    for entry_id in ids:
        await stream.send("send", id=entry_id, conversation=conversation, text=f"words {entry_id}")
    for entry_id in ids:
        await stream.until("ack", id=entry_id)


@pytest.mark.parametrize("seed", [11, 12])
async def test_all_clients_end_with_the_servers_timeline(
    start_server: StartServer, open_world: OpenWorld, transport: Transport, seed: int
) -> None:
    world, moments = open_world(start_server()), random.Random(seed)
    visitors = [await world.visitor() for _ in range(6)]
    olga, otto = await world.operator(OLGA), await world.operator(OTTO)
    readers = [Reader(world, person, transport, 0) for person in (*visitors, olga, otto)]
    senders = [await world.stream(person) for person in (*visitors, *visitors, olga)]
    sending = [
        asyncio.create_task(send_many(stream, 25, stream.person.conversation or moments.choice(visitors).conversation))
        for stream in senders
    ]
    while not all(task.done() for task in sending):
        reader = moments.choice(readers)
        await moments.choice((reader.connect, reader.connect, reader.drop))()
    await asyncio.gather(*sending)
    position = world.server.rows("SELECT position FROM workspace WHERE name = 'Tea'")[0][0]
    assert position == 6 + 13 * 25
    for reader in readers:
        conversation = reader.person.conversation
        stored = await world.timeline(conversation) if conversation else []
        await reader.reach(len(stored) or position)
        if conversation:
            assert [(one["seq"], one["id"]) for one in reader.applied] == [(one["seq"], one["id"]) for one in stored]
        else:
            ids = world.server.rows("SELECT id FROM entry ORDER BY position")
            assert [(one["id"],) for one in reader.applied] == ids


async def test_catch_up_over_many_pages_is_complete(world: World, transport: Transport) -> None:
    vera = await world.visitor()
    await send_many(await world.stream(vera), 350, vera.conversation)
    reader = Reader(world, vera, transport, 0)
    await reader.reach(351)
    assert [entry["seq"] for entry in reader.applied] == [*range(1, 352)]
    assert reader.stream is not None
    sizes = [len(frame["entries"]) for frame in reader.stream.heard if frame["op"] == "entries"]
    assert max(sizes) <= 100


@pytest.mark.parametrize("after", [0, 1, 3, 4, 5, 10**9, -1])
async def test_stream_with_a_cursor_gets_later_entries_only(world: World, transport: Transport, after: int) -> None:
    vera = await world.visitor("1")
    for words in ("2", "3", "4"):
        await say(await world.stream(vera), words)
    stream = await world.stream(vera, transport, after=after)
    await say(stream, "5")
    await stream.until_entry(seq=5)
    assert [entry["seq"] for entry in stream.entries()] == [seq for seq in (1, 2, 3, 4) if seq > after] + [5]


async def test_stream_without_a_cursor_gets_new_entries_only(world: World, transport: Transport) -> None:
    vera, olga = await world.visitor(), await world.operator(OLGA)
    visitor, desk = await world.stream(vera, transport, after=None), await world.stream(olga, transport, after=None)
    await visitor.settled()
    assert visitor.entries() == []
    ack = await say(visitor, "Now")
    await visitor.until_entry(id=ack["id"])
    await desk.until_entry(id=ack["id"])
    assert len(visitor.entries()) == 1


@pytest.mark.parametrize(("within", "expected"), [(None, [2, 3, 4]), (3, [2, 3, 4]), (2, []), (-1, [])])
async def test_operator_gets_at_most_the_requested_number_of_entries(
    world: World, transport: Transport, within: int | None, expected: list[int]
) -> None:
    vera, olga = await world.visitor("1"), await world.operator(OLGA)
    before = (await world.timeline(vera.conversation))[0]["position"]
    visitor = await world.stream(vera)
    for words in ("2", "3", "4"):
        await say(visitor, words)
    stream = await world.raw_stream(olga, transport)
    welcome = await stream.authenticate(await stream.challenged(), before, within=within)
    assert welcome["position"] == before + 3
    ack = await say(visitor, "5")
    await stream.until_entry(id=ack["id"])
    assert [entry["seq"] for entry in stream.entries()] == [*expected, 5]


async def test_welcome_has_the_operators_profile_and_none_for_visitors(world: World, transport: Transport) -> None:
    vera, olga = await world.visitor(), await world.operator(OLGA)
    stream = await world.raw_stream(olga, transport)
    welcome = await stream.authenticate(await stream.challenged(), None)
    assert welcome["operator"] == (await ask(world.http, olga, "GET", "/v1/desk/me")).json()
    stream = await world.raw_stream(vera, transport)
    assert (await stream.authenticate(await stream.challenged(), None))["operator"] is None


async def test_inbox_can_be_filtered_by_status_and_waiting(world: World) -> None:
    olga = await world.operator(OLGA)
    waiting, answered, closed = [await world.visitor() for _ in range(3)]
    desk = await world.stream(olga)
    await say(desk, "Yes?", conversation=answered.conversation)
    await desk.send("close", id=new_entry_id(), conversation=closed.conversation)
    await desk.until("ack", conversation=closed.conversation)

    # The workspace has conversations of other tests too.
    own = {one.conversation for one in (waiting, answered, closed)}

    async def listed(condition: str) -> list[str]:
        found: list[str] = []
        before = 2**53
        while True:
            path = f"/v1/desk/conversations?limit=40&before={before}{condition}"
            page = (await ask(world.http, olga, "GET", path)).json()
            found += [one["id"] for one in page["conversations"] if one["id"] in own]
            if not page["more"]:
                return found
            before = page["conversations"][-1]["position"]

    assert await listed("&status=open") == [answered.conversation, waiting.conversation]
    assert await listed("&status=closed") == [closed.conversation]
    assert await listed("&status=snoozed") == []
    assert await listed("&waiting=1") == [waiting.conversation]
    assert await listed("") == [closed.conversation, answered.conversation, waiting.conversation]
    assert (await ask(world.http, olga, "GET", "/v1/desk/conversations?waiting=2")).status_code == 400


async def test_inbox_and_stream_meet_without_a_gap(world: World) -> None:
    olga, vera = await world.operator(OLGA), await world.visitor()
    sending = asyncio.create_task(send_many(await world.stream(vera), 60, vera.conversation))
    page = (await ask(world.http, olga, "GET", "/v1/desk/conversations?limit=1")).json()
    stream = await world.stream(olga, after=page["position"])
    await sending
    await say(await world.stream(vera), "the last")
    await stream.until_entry(conversation=vera.conversation, text="the last")
    received = [entry["seq"] for entry in stream.entries() if entry["conversation"] == vera.conversation]
    before = page["conversations"][0]["last_seq"]
    assert page["conversations"][0]["id"] == vera.conversation
    assert received == [*range(before + 1, 63)]


async def test_lost_poll_response_loses_no_entry(world: World) -> None:
    vera = await world.visitor()
    stream = PollStream(vera, world.http)
    opened = await world.http.post(f"{vera.address}/v1/stream/open", json={"mode": "poll"})
    stream.id = opened.json()["stream"]
    assert vera.key is not None
    nonce = opened.json()["frames"][0]["nonce"]
    proof = vera.key.prove("GET", f"{vera.address}/v1/stream", nonce, vera.token)
    await stream.send("auth", token=vera.token, proof=proof, after=0)

    async def poll(after: int) -> tuple[int, Frame]:
        answer = await ask(
            world.http,
            vera,
            "POST",
            "/v1/stream/poll",
            {"after": after},
            crumbless_stream=stream.id,
        )
        return answer.status_code, answer.json()

    number, ops = 1, list[str]()
    while "entries" not in ops:
        first = await poll(number)
        assert await poll(number) == first, "the same batch number was answered with another batch"
        assert first[0] == 200
        assert first[1]["batch"] == number + 1
        ops += [frame["op"] for frame in first[1]["frames"]]
        number += 1
    assert ops == ["welcome", "entries"]
    together = await asyncio.gather(poll(number), poll(number), say(await world.stream(vera), "More"))
    assert together[0] == together[1]
    for wrong in (0, number - 1, number + 5):
        status, problem = await poll(wrong)
        assert status == 410
        assert problem["type"] == "urn:crumbless:problem:stream_gone"


Step = tuple[str, int]
STEPS = st.lists(st.tuples(st.sampled_from(["send", "answer", "drop", "connect", "switch"]), st.integers(0, 2)))


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_course_of_events_ends_with_the_same_timeline(server: ServerProcess, steps: list[Step]) -> None:
    asyncio.run(_follow(server, steps))


async def _follow(server: ServerProcess, steps: list[Step]) -> None:
    """Run the steps with three readers of one conversation. The model is the list of acknowledged texts."""
    async with httpx.AsyncClient(trust_env=False, timeout=40, verify=False) as http:
        world = World(server, http)
        vera, olga = await world.visitor("first"), await world.operator(OLGA)
        transports: list[Transport] = ["websocket", "stream", "poll"]
        readers = [Reader(world, vera, transport, 0) for transport in transports]
        visitor, desk, model = await world.stream(vera), await world.stream(olga, after=None), ["first"]
        for act, which in steps:
            reader = readers[which]
            if act in {"send", "answer"}:
                words = f"words {len(model)}"
                assert (await say(visitor if act == "send" else desk, words, "", vera.conversation))["op"] == "ack"
                model.append(words)
            elif act == "switch":
                await reader.drop()
                reader.transport = transports[(transports.index(reader.transport) + 1) % 3]
            else:
                await (reader.drop() if act == "drop" else reader.connect())
        for reader in readers:
            await reader.reach(len(model))
            assert [entry["data"]["text"] for entry in reader.applied] == model
        await world.close()


async def test_reader_survives_restarts_of_the_server(start_server: StartServer, open_world: OpenWorld) -> None:
    server = start_server()
    world = open_world(server)
    vera = await world.visitor()
    reader = Reader(world, vera, "websocket", 0)
    for turn in range(2):
        await reader.connect()
        await send_many(await world.stream(vera), 20, vera.conversation)
        server.kill()
        assert reader.stream is not None
        with pytest.raises(StreamOver):
            await reader.stream.until("never")
        server.start()
        # Acknowledged entries may not have reached the reader when the server died.
        await reader.connect()
        await reader.reach(1 + 20 * (turn + 1))
    assert [entry["seq"] for entry in reader.applied] == [*range(1, 42)]
