"""Thousands of idle and unread connections from one network do not keep a visitor of another network out."""

from pathlib import Path
from statistics import median

import pytest

from hostile.run import run_attack, table_of

FILES = 2048
"""Descriptors of the server: fewer than the attacker's connections, so that without a limit none were left."""


@pytest.mark.parametrize("kinds", [["idle", "unread", "websocket"], ["idle"], ["unread"], ["websocket"]], ids="-".join)
async def test_5000_connections_from_one_network_leave_room_for_others(tmp_path: Path, kinds: list[str]) -> None:
    options: dict[str, object] = {"number": 5000, "seconds": 45.0, "kinds": kinds}
    report = await run_attack(tmp_path, "crowd", options, newcomer_after=20.0, files=FILES)
    print(table_of([report]))  # noqa: T201 - the figures
    tried = sum(report.seen.values())
    assert tried >= 5000, "the premise: so many connections were tried"
    assert report.newcomer
    assert report.during.latencies, "the chat went on"
    # The refused ones come and go: at most moments only a few of them are open.
    assert median(report.during.descriptors) < FILES / 2
    assert report.after.descriptors[-1] < report.before.descriptors[-1] + 60
