"""Each attack of the security review against a real server during chats: bounds of memory, time and latency."""

from pathlib import Path

from hostile.run import Report, run_attack, table_of

FLOOR_MS = 250.0
"""Seconds. A chat within this time is fast enough with any earlier latency: a busy machine causes as much."""


async def attack(folder: Path, name: str, newcomer_after: float = 1.0, **options: object) -> Report:
    """Return the report of one attack, after the checks that apply to all of them."""
    report = await run_attack(folder, name, options, newcomer_after)
    print(table_of([report]))  # noqa: T201 - the figures
    assert report.newcomer, "a new visitor could start a chat"
    for phase in (report.before, report.during, report.after):
        assert phase.latencies, "the premise: visitors and operators chatted"
    quiet = max(report.before.p99, report.after.p99)
    assert report.during.p99 < max(quiet * 2, FLOOR_MS), table_of([report])
    return report


async def test_ten_megabytes_of_pipelined_requests_take_less_than_twenty(tmp_path: Path) -> None:
    report = await attack(tmp_path, "pipeline")
    assert report.seen["closed"], "the connection was closed"
    assert report.grown < 20


async def test_100_000_requests_with_long_keys_take_less_than_50_megabytes(tmp_path: Path) -> None:
    report = await attack(tmp_path, "long_keys")
    assert sum(report.seen.values()) == 100_000
    assert report.seen.get("no connection", 0) == 0, "the premise: all of them arrived"
    assert report.grown < 50


async def test_flood_of_pings_is_closed_within_a_second(tmp_path: Path) -> None:
    report = await attack(tmp_path, "pings")
    assert report.seen["connections"] >= 2
    assert report.seen["longest"] < 1 + FLOOR_MS / 1000


async def test_flood_of_pongs_is_closed_within_a_second(tmp_path: Path) -> None:
    report = await attack(tmp_path, "pongs")
    assert report.seen["connections"] >= 2
    assert report.seen["longest"] < 1 + FLOOR_MS / 1000


async def test_unauthenticated_stream_lasts_15_seconds_at_most(tmp_path: Path) -> None:
    report = await attack(tmp_path, "strangers", number=60)
    assert (report.seen["opened"], report.seen["refused"]) == (40, 20)
    # The sweep once a second, the wait for the client's close frame, and a busy machine.
    assert 5 < report.seen["longest"] < 15 + 4


async def test_request_for_two_hosts_is_refused(tmp_path: Path) -> None:
    report = await attack(tmp_path, "hosts")
    assert report.seen["refused"] == report.seen["requests"]
