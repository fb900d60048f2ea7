"""100,000 hostile requests, each with different long texts and from a different network, raise memory by < 50 MB."""

from pathlib import Path

from support.hostile_requests import SETTINGS, HostileRequests, resident_bytes
from support.people import seed_database
from support.server import ServerProcess

REQUESTS = 100_000

MAX_BYTES = 50 * 1024 * 1024


async def test_100_000_hostile_requests_fit_into_50_megabytes(tmp_path: Path) -> None:
    seed_database(tmp_path / "crumbless.db")
    server = ServerProcess(tmp_path / "crumbless.db", **SETTINGS)
    server.start()
    try:
        hostile = HostileRequests(server)
        # One of each kind: modules that the interpreter loads with the first request of a kind are no growth.
        await hostile.send(len(hostile.kinds))
        before = resident_bytes(server.pid)
        await hostile.send(REQUESTS)
        grown = resident_bytes(server.pid) - before
    finally:
        server.stop()
    print(f"{REQUESTS:,} hostile requests raised {before / 2**20:.0f} MiB by {grown / 2**20:.1f} MiB")  # noqa: T201 - the figure
    unanswered = [kind for kind, (_, status) in hostile.kinds.items() if not hostile.statuses[kind, status]]
    assert unanswered == [], "the premise: every kind of request reached its handler"
    assert grown < MAX_BYTES
