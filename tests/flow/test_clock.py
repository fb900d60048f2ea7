"""Jumps of the wall clock delete no data, end no session and stop no work: the short form.

All jumps, on both databases and on two nodes, are in tests/proof/test_clock.py.
"""

from collections.abc import Callable
from pathlib import Path

from support.clock import DAY, ClockScenario, WrongClock
from support.people import World
from support.server import ServerProcess

YEAR = 365 * DAY

StartServer = Callable[..., ServerProcess]
OpenWorld = Callable[[ServerProcess], World]


async def test_threat_93_clock_jump_while_the_server_runs_changes_nothing(
    start_server: StartServer, open_world: OpenWorld, tmp_path: Path
) -> None:
    clock = WrongClock(tmp_path)
    scenario = ClockScenario(open_world(start_server(clock=clock, task_poll_seconds=0.1)))
    await scenario.begin()
    for ahead in (YEAR, 0, -YEAR, 0):
        before = await scenario.prepare()
        clock.jump(scenario.world.server, ahead)
        await scenario.check(*before)
    assert "the wall clock is 365 days, 0:00:00 ahead of the time that has passed" in scenario.world.server.log()


async def test_threat_93_clock_jump_across_a_restart_changes_nothing(
    start_server: StartServer, open_world: OpenWorld, tmp_path: Path
) -> None:
    clock = WrongClock(tmp_path)
    scenario = ClockScenario(open_world(start_server(clock=clock, task_poll_seconds=0.1)))
    server = scenario.world.server
    await scenario.begin()
    for ahead in (YEAR, -YEAR):
        code, _ = await scenario.prepare()
        server.kill()
        clock.set(ahead)
        server.start()
        await scenario.reopen()
        await scenario.check(code)
