"""The second witness of an item's age: the time that the machines of an installation have really seen pass.

The wall clock alone must not cause a deletion: it can be a year ahead for a second. So the retention sweep stores up to
which time it has seen the time pass (`seen`). Between two sweeps `seen` grows by the uptime of a machine that ran both,
across restarts of the server. It never grows by a difference between two readings of a wall clock.

Time in which no machine ran (a server that was off for a month) is not seen. At first, deletions by age are late by
that much. They catch up once the difference has been confirmed. At the end of each WINDOW_MS of time seen, `seen`
advances by the smallest difference that any sweep in it has found. A clock that was wrong for less than that adds
nothing, because the sweeps before or after it found a small difference.
"""

import msgspec

from crumbless.core.time_units import DAY_MS

WINDOW_MS = 7 * DAY_MS
"""Time that must be seen before a difference to the wall clock is trusted. A month off delays by 7 to 14 days."""

MAX_MACHINES = 16
"""Boots of machines that are stored, the newest ones."""


class Mark(msgspec.Struct, frozen=True):
    """The times at one moment of a machine's boot: its uptime, the time seen, and the steady time."""

    elapsed: int
    seen: int
    steady: int


class AgeWitness(msgspec.Struct, frozen=True):
    """The stored state. All times are in milliseconds.

    `window` is the time seen since the collection of differences between steady time and time seen began. `least` and
    `most` are the smallest and the largest difference.
    """

    seen: int
    steady: int
    marks: dict[str, Mark]
    window: int = 0
    least: int = 0
    most: int = 0


def first_witness(boot: str, elapsed: int, steady: int, last_use: int | None) -> AgeWitness:
    """Return the witness of an installation that has none.

    Args:
        last_use: the last use that its data show. The time since then was not seen.
    """
    seen = min(steady, last_use) if last_use else steady
    lag = steady - seen
    return AgeWitness(seen, steady, {boot: Mark(elapsed, seen, steady)}, least=lag, most=lag)


def advance(witness: AgeWitness, boot: str, elapsed: int, steady: int) -> AgeWitness:
    """Return the witness at this moment.

    Args:
        boot: the boot of the machine (steady_clock.boot_name).
        elapsed: its uptime.
        steady: the steady time.
    """
    seen = witness.seen
    mark = witness.marks.get(boot)
    # The uptime gives the age of this machine's mark. Sweeps may have run on other machines in between, so the later
    # time is used.
    if mark is not None and elapsed >= mark.elapsed:
        seen = max(seen, mark.seen + elapsed - mark.elapsed)
    window, lag = witness.window + seen - witness.seen, steady - seen
    least, most = min(witness.least, lag), max(witness.most, lag)
    marks = {name: one for name, one in witness.marks.items() if name != boot}
    if window >= WINDOW_MS:
        confirmed = max(least, 0) or min(most, 0)
        seen += confirmed
        window, least, most = 0, steady - seen, steady - seen
        if confirmed < 0:
            # Marks of other machines would restore the later time.
            marks = {}
    newest = [*marks.items(), (boot, Mark(elapsed, seen, steady))][-MAX_MACHINES:]
    return AgeWitness(seen, steady, dict(newest), window, least, most)


def time_at_start(witness: AgeWitness, boot: str, elapsed: int) -> int | None:
    """Return the steady time if this boot of the machine is known: its uptime gives the age of the stored time."""
    mark = witness.marks.get(boot)
    if mark is None or elapsed < mark.elapsed:
        return None
    return mark.steady + elapsed - mark.elapsed
