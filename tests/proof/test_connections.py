"""Thousands of idle and unread connections from one network do not exclude a visitor of another network."""

from pathlib import Path
from statistics import median

import pytest

from hostile.run import run_attack, table_of

FILES = 2048
"""Descriptors of the server: fewer than the attacker's connections, so that none would be free without a limit."""


@pytest.mark.parametrize("kinds", [["idle", "unread", "websocket"], ["idle"], ["unread"], ["websocket"]], ids="-".join)
async def test_5000_connections_from_one_network_do_not_exclude_others(tmp_path: Path, kinds: list[str]) -> None:
    options: dict[str, object] = {"number": 5000, "seconds": 45.0, "kinds": kinds}
    report = await run_attack(tmp_path, "crowd", options, newcomer_after=20.0, files=FILES)
    print(table_of([report]))  # noqa: T201 - the figures
    tried = sum(report.seen.values())
    assert tried >= 5000, "the premise: so many connections were attempted"
    assert report.newcomer
    assert report.during.latencies, "the chat continued"
    # Refused connections are retried, so only a few of them are open at most moments.
    assert median(report.during.descriptors) < FILES / 2
    assert report.after.descriptors[-1] < report.before.descriptors[-1] + 60
