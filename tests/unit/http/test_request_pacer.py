"""One request begins in each turn of the loop, in order, and none waits indefinitely."""

import asyncio
from itertools import pairwise

from crumbless.http.request_pacer import RequestPacer


async def begin(turn: RequestPacer, name: int, begun: list[tuple[int, int]], clock: list[int]) -> None:
    await turn.wait()
    begun.append((name, clock[0]))


async def count_turns(clock: list[int]) -> None:
    while True:
        clock[0] += 1
        await asyncio.sleep(0)


async def test_burst_begins_one_request_per_turn_in_order() -> None:
    turn, clock, begun = RequestPacer(), [0], list[tuple[int, int]]()
    ticking = asyncio.create_task(count_turns(clock))
    await asyncio.gather(*(begin(turn, number, begun, clock) for number in range(20)))
    ticking.cancel()
    assert [name for name, _ in begun] == [*range(20)]
    turns = [at for _, at in begun]
    assert all(later - earlier >= 1 for earlier, later in pairwise(turns)), turns


async def test_single_request_does_not_wait() -> None:
    turn, clock, begun = RequestPacer(), [0], list[tuple[int, int]]()
    ticking = asyncio.create_task(count_turns(clock))
    for number in range(3):
        before = clock[0]
        await begin(turn, number, begun, clock)
        assert begun[-1] == (number, before), "no turn passed"
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    ticking.cancel()


async def test_cancelled_request_does_not_block_the_queue() -> None:
    turn, clock, begun = RequestPacer(), [0], list[tuple[int, int]]()
    tasks = [asyncio.create_task(begin(turn, number, begun, clock)) for number in range(5)]
    await asyncio.sleep(0)
    for number in (1, 2, 4):
        tasks[number].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert [name for name, _ in begun] == [0, 3]
    await asyncio.wait_for(turn.wait(), 1)
