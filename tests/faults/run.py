"""One run from a seed: clients chat, faults begin and end, all faults heal, and the checker reports errors."""

import asyncio
import itertools
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faults.history import check
from faults.installation import ADDRESS, EMAIL, ORIGIN, PASSWORD, SITE, Installation, wait_for_nodes
from faults.probe import probe
from faults.talkers import ChatClient, Operator, Roads, Visitor
from faults.trouble import LINKS, Fault, begin, end, heal_all, heal_link
from support.client import Transport

HEAL_SECONDS = 45.0
"""How long clients have, after the last fault, to reconnect and receive all messages."""

BACK_SECONDS = 10.0
"""How long a process may take to restart."""

ARRIVAL_SECONDS = 0.3
"""Interval between two rounds of requests of every kind."""

TRANSPORTS: tuple[Transport, ...] = ("websocket",) * 8 + ("stream", "poll")


@dataclass
class Outcome:
    """The result of a run. `faults` is empty if no message was lost, doubled or out of order."""

    seed: int
    faults: list[str]
    plan: Sequence[Fault]
    entries: int
    acknowledged: int
    clients: int
    ways_back: int
    longest_way_back: float
    seconds_to_heal: float
    tracebacks: int
    failed_batches: int
    recoveries: int
    internal_errors: Counter[str]
    """Responses with status 500 to requests of clients, by method and path."""
    internal_error_lines: list[str]
    """The nodes' log lines about internal errors."""
    not_run: dict[str, str]
    troubles: Counter[str] = field(default_factory=Counter[str])


async def run_once(
    make: Callable[[Path], Installation],
    seed: int,
    seconds: float | None,
    plan: Sequence[Fault],
    visitors: int,
    operators: int,
) -> Outcome:
    """Run for this number of seconds, or until the end of the plan if there is no number."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        installation = make(Path(folder))
        try:
            await installation.start()
            return await _talk(installation, seed, seconds, plan, visitors, operators)
        finally:
            await installation.stop()


async def _talk(
    installation: Installation, seed: int, seconds: float | None, plan: Sequence[Fault], visitors: int, operators: int
) -> Outcome:
    rng = random.Random(seed)
    roads = Roads(ADDRESS, [node.proxy.port for node in installation.nodes])

    def own() -> random.Random:
        return random.Random(rng.getrandbits(64))

    guests = [Visitor(roads, rng.choice(TRANSPORTS), own(), SITE, ORIGIN) for _ in range(visitors)]
    staff = [
        Operator(roads, rng.choice(TRANSPORTS), own(), EMAIL, PASSWORD, installation.workspace)
        for _ in range(operators)
    ]
    everybody: list[ChatClient] = [*staff, *guests]
    tasks = [asyncio.create_task(one.run()) for one in everybody]
    chatter = [asyncio.create_task(_chat(one)) for one in everybody]
    chatter += [asyncio.create_task(_arrive(roads, port)) for port in roads.ports]
    try:
        met = await _run_plan(plan, installation, seconds, rng)
        for task in chatter:
            task.cancel()
        healed_at = time.monotonic()
        faults = await _settle(installation, roads, guests, staff, tasks)
        took = time.monotonic() - healed_at
    finally:
        for task in (*tasks, *chatter):
            task.cancel()
        await asyncio.gather(*tasks, *chatter, return_exceptions=True)
        await roads.close()
    back = [seconds for one in everybody for seconds in one.came_back]
    faults += [f"a client stopped typing: {task.exception()!r}" for task in chatter if not task.cancelled()]
    return Outcome(
        seed=seed,
        faults=faults,
        plan=met,
        entries=len(installation.kept()),
        acknowledged=sum(len(one.model.acknowledged) for one in (*guests, *staff)),
        clients=len(everybody),
        ways_back=len(back),
        longest_way_back=max(back, default=0.0),
        seconds_to_heal=took,
        tracebacks=sum(node.tracebacks() for node in installation.nodes),
        failed_batches=sum(node.failed_batches() for node in installation.nodes),
        recoveries=installation.recoveries(),
        internal_errors=roads.internal_errors,
        internal_error_lines=[line for node in installation.nodes for line in node.internal_errors()],
        not_run=installation.not_run,
        troubles=Counter(fault.kind for fault in met),
    )


async def _settle(
    installation: Installation,
    roads: Roads,
    guests: Sequence[Visitor],
    staff: Sequence[Operator],
    tasks: Sequence[asyncio.Task[None]],
) -> list[str]:
    """Return the errors after all clients had time to reconnect, or nothing as soon as there are none."""
    deadline = time.monotonic() + HEAL_SECONDS
    failing = {port: ["not asked yet"] for port in roads.ports}
    while True:
        for port in [*failing]:
            failing[port] = await probe(roads, port)
            if not failing[port]:
                del failing[port]
        kept = await asyncio.to_thread(installation.kept)
        faults = check(kept, [one.model for one in guests], [one.model for one in staff])
        faults += [
            f"{one.model.name} is not back: {one.failure}" for one in (*guests, *staff) if not one.ready.is_set()
        ]
        faults += [f"node {roads.ports.index(port) + 1}: {one}" for port, found in failing.items() for one in found]
        faults += [f"a client gave up: {task.exception()!r}" for task in tasks if task.done()]
        if not faults or time.monotonic() > deadline:
            return faults
        await asyncio.sleep(0.5)


async def _run_plan(
    plan: Sequence[Fault], installation: Installation, seconds: float | None, rng: random.Random
) -> list[Fault]:
    """Run the episodes until the time is over and return the injected faults."""
    deadline = None if seconds is None else time.monotonic() + seconds
    met: list[Fault] = []
    for _, episode in itertools.groupby(plan, key=lambda fault: fault.episode):
        await asyncio.sleep(rng.uniform(0.5, 2.0))
        if deadline is not None and time.monotonic() > deadline:
            break
        now = [fault for fault in episode if fault.kind not in installation.not_run]
        await asyncio.gather(*(_run_fault(fault, installation) for fault in now))
        met += now
        for node in installation.nodes:
            heal_link(node)
        await asyncio.to_thread(heal_all, installation)
        await asyncio.to_thread(wait_for_nodes, installation.nodes)
    await asyncio.sleep(max((deadline or 0) - time.monotonic(), 0))
    return met


async def _run_fault(fault: Fault, installation: Installation) -> None:
    await asyncio.sleep(fault.at)
    await _change_fault(begin, fault, installation)
    await asyncio.sleep(fault.lasts)
    await _change_fault(end, fault, installation)


async def _change_fault(
    change: Callable[[Fault, Installation], None], fault: Fault, installation: Installation
) -> None:
    """Begin or end a fault: of links on the event loop of the proxies, else in a thread, so that clients continue."""
    if fault.kind in LINKS:
        change(fault, installation)
    else:
        await asyncio.to_thread(change, fault, installation)


async def _arrive(roads: Roads, port: int) -> None:
    """Send requests of every kind to a node in turn. `roads` counts internal errors. Other errors are ignored."""
    while True:
        await probe(roads, port)
        await asyncio.sleep(ARRIVAL_SECONDS)


async def _chat(one: ChatClient) -> None:
    while True:
        await asyncio.sleep(one.rng.expovariate(1.0))
        if isinstance(one, Visitor):
            await one.say()
        elif isinstance(one, Operator):
            await one.answer()
