"""Starts the nightly run of retention during a test."""

from support.people import World


async def run_retention(world: World) -> None:
    """Make the nightly run due and wait for its end."""
    due = "SELECT due_at, claimed_by FROM task WHERE kind = 'retention_run'"

    async def is_idle() -> bool:
        rows = world.server.rows(due)
        return len(rows) == 1 and rows[0][0] > 1 and rows[0][1] is None

    await world.eventually(is_idle)
    world.server.change("UPDATE task SET due_at = 1 WHERE kind = 'retention_run'")
    await world.eventually(is_idle)
