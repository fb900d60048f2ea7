"""Runs one attack on one server. Measures the server's resources and message latencies before, during and after it."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from hostile.attacks import Seen
from support.client import Stream
from support.people import OLGA, World, new_entry_id, seed_database
from support.server import ServerProcess

TESTS = Path(__file__).parents[1]

SETTINGS: dict[str, object] = {"unauthenticated_per_address": 40, "frames_per_second": 100, "frame_burst": 400}
"""The usual limits where an attack meets them; a server for tests has none."""

QUIET_SECONDS = 8.0
SAMPLE_SECONDS = 0.1
BEAT_SECONDS = 0.03
MESSAGE_DEADLINE = 30.0


@dataclass
class Phase:
    """The measurements of one part of a run."""

    latencies: list[float] = field(default_factory=list[float])
    memory: list[int] = field(default_factory=list[int])
    descriptors: list[int] = field(default_factory=list[int])

    @property
    def p99(self) -> float:
        """Milliseconds within which 99 of 100 messages came from the visitor to the operator."""
        ordered = sorted(self.latencies)
        return ordered[int(len(ordered) * 0.99)] * 1000 if ordered else 0.0


@dataclass
class Report:
    """One run. `newcomer`: whether a visitor of another network could start a chat during the attack."""

    attack: str
    before: Phase
    during: Phase
    after: Phase
    seen: Seen
    newcomer: bool

    @property
    def grown(self) -> float:
        """MB by which the server's memory grew, at most."""
        return (max(self.during.memory + self.after.memory) - self.before.memory[-1]) / 1e6


class Chat:
    """A visitor who writes all the time and an operator who reads."""

    def __init__(self, server: ServerProcess, world: World) -> None:
        self.phase = Phase()
        self._process = psutil.Process(server.pid)
        self._world = world

    async def begin(self) -> None:
        """Sign in and open both streams."""
        visitor, operator = await self._world.visitor(), await self._world.operator(OLGA)
        self._visitor = await self._world.stream(visitor, after=None)
        self._desk = await self._world.stream(operator, after=None)

    async def talk(self) -> None:
        """Send messages one after another until cancelled; each must reach the operator."""
        conversation = self._visitor.person.conversation
        while True:
            entry_id, began = new_entry_id(), time.monotonic()
            await self._visitor.send("send", id=entry_id, conversation=conversation, text="still here")
            await _until_entry(self._desk, entry_id)
            self.phase.latencies.append(time.monotonic() - began)
            await asyncio.sleep(BEAT_SECONDS)

    async def sample(self) -> None:
        """Note the server's memory and descriptors until cancelled."""
        while True:
            self.phase.memory.append(self._process.memory_info().rss)
            self.phase.descriptors.append(self._process.num_fds())
            await asyncio.sleep(SAMPLE_SECONDS)

    def next_phase(self) -> Phase:
        """Begin another phase."""
        self.phase = Phase()
        return self.phase


async def _until_entry(desk: Stream, entry_id: str) -> None:
    async with asyncio.timeout(MESSAGE_DEADLINE):
        while True:
            frame = await desk.receive(MESSAGE_DEADLINE)
            if frame["op"] == "entries" and any(entry["id"] == entry_id for entry in frame["entries"]):
                return


async def _attack(name: str, port: int, options: dict[str, object]) -> Seen:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hostile.attacks", name, str(port), json.dumps(options)),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    )
    try:
        out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"the attacker failed: {process.returncode}"
    return json.loads(out)


async def _newcomer(world: World, after: float) -> bool:
    """Return whether a new visitor can start a chat, open a stream and get a reply during the attack."""
    await asyncio.sleep(after)
    stream = await world.stream(await world.visitor())
    await stream.settled()
    return True


async def run_attack(
    folder: Path,
    name: str,
    options: dict[str, object] | None = None,
    newcomer_after: float = 1.0,
    files: int = 0,
    **settings: object,
) -> Report:
    """Run an attack against a separate server.

    Args:
        folder: where its database goes.
        newcomer_after: seconds from the beginning of the attack to the new visitor.
        files: how many descriptors the server may have; 0: as many as this process.
        settings: the server's, in place of SETTINGS.
    """
    seed_database(folder / "crumbless.db")
    server = ServerProcess(folder / "crumbless.db", **(SETTINGS | settings), files=files)
    server.start()
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        world = World(server, http)
        try:
            return await _run(server, world, name, options or {}, newcomer_after)
        finally:
            await world.close()
            server.dispose()


async def _run(
    server: ServerProcess, world: World, name: str, options: dict[str, object], newcomer_after: float
) -> Report:
    chat = Chat(server, world)
    await chat.begin()
    background = [asyncio.ensure_future(chat.talk()), asyncio.ensure_future(chat.sample())]
    try:
        before = chat.phase
        await asyncio.sleep(QUIET_SECONDS)
        during = chat.next_phase()
        newcomer = asyncio.ensure_future(_newcomer(world, newcomer_after))
        seen = await _attack(name, server.port, options)
        came = await newcomer
        after = chat.next_phase()
        await asyncio.sleep(QUIET_SECONDS)
        for one in background:
            assert not one.done() or one.result() is None
    finally:
        for one in background:
            one.cancel()
        await asyncio.gather(*background, return_exceptions=True)
    assert "Traceback" not in server.log(), server.log()[-4000:]
    return Report(name, before, during, after, seen, came)


HEADINGS = ("attack", "MB before", "most", "after", "files before", "most", "after", "p99 ms before", "during", "after")


def table_of(reports: Sequence[Report]) -> str:
    """The reports as a table, with what the attacker saw at the end of each line."""
    lines = [f"| {' | '.join(HEADINGS)} | attacker saw |", f"|{'---|' * (len(HEADINGS) + 1)}"]
    for one in reports:
        phases = (one.before, one.during, one.after)
        memory = (one.before.memory[-1], max(one.during.memory), one.after.memory[-1])
        files = (one.before.descriptors[-1], max(one.during.descriptors), one.after.descriptors[-1])
        cells = [one.attack, *(f"{size / 1e6:.0f}" for size in memory), *map(str, files)]
        cells += [f"{phase.p99:.0f}" for phase in phases]
        saw = ", ".join(f"{name} {value:g}" for name, value in one.seen.items())
        lines.append(f"| {' | '.join(cells)} | {saw} |")
    return "\n".join(lines)
