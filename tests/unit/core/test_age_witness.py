"""The time seen grows by the time that machines have measured, independent of wall clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.core.age_witness import (
    MAX_MACHINES,
    WINDOW_MS,
    AgeWitness,
    advance,
    first_witness,
    time_at_start,
)
from crumbless.core.time_units import DAY_MS, HOUR_MS, MINUTE_MS

MINUTE, DAY = MINUTE_MS, DAY_MS
JUMPS = [sign * by for by in (10 * MINUTE, DAY, 8 * DAY, 365 * DAY) for sign in (1, -1)]
WALL, UPTIME = 1_800_000_000_000, 9_000_000

each_jump = pytest.mark.parametrize("jump", JUMPS)


class Machines:
    """Sweeps once an hour, on machines whose wall clocks are wrong by `error`."""

    def __init__(self) -> None:
        self.passed = 0
        self.uptimes: dict[str, int] = {}
        self.witness = first_witness("a", UPTIME, WALL, None)

    def sweep(self, machine: str = "a", error: int = 0) -> None:
        self.wait(HOUR_MS)
        self.witness = advance(self.witness, machine, UPTIME + self.passed, WALL + self.passed + error)

    def wait(self, passed: int) -> None:
        self.passed += passed

    @property
    def lag(self) -> int:
        """Return how far the time seen is behind the real time."""
        return WALL + self.passed - self.witness.seen


@pytest.fixture
def machines() -> Machines:
    return Machines()


@each_jump
def test_wrong_clock_adds_no_time_for_almost_a_window(machines: Machines, jump: int) -> None:
    for _ in range(200):
        machines.sweep()
    for _ in range(WINDOW_MS // HOUR_MS - 1):
        machines.sweep(error=jump)
        assert machines.lag == 0
    for _ in range(400):
        machines.sweep()
        assert machines.lag == 0


@each_jump
def test_lasting_clock_change_is_trusted_after_one_to_two_windows(machines: Machines, jump: int) -> None:
    machines.sweep()
    sweeps = 0
    while machines.lag == 0 and sweeps < 1_000:
        machines.sweep(error=jump)
        sweeps += 1
    assert machines.lag == -jump
    assert WINDOW_MS <= sweeps * HOUR_MS <= 2 * WINDOW_MS


def test_restart_of_the_server_on_a_running_machine_loses_no_time(machines: Machines) -> None:
    machines.wait(30 * DAY)
    machines.sweep()
    assert machines.lag == 0


def test_deletion_after_a_month_without_a_machine_catches_up_within_two_weeks(machines: Machines) -> None:
    machines.sweep()
    machines.wait(30 * DAY)
    for _ in range(WINDOW_MS // HOUR_MS - 2):
        machines.sweep("b")
        assert 30 * DAY <= machines.lag <= 31 * DAY
    for _ in range(WINDOW_MS // HOUR_MS + 4):
        machines.sweep("b")
    assert machines.lag == 0


def test_two_machines_that_sweep_in_turn_miss_one_sweep_in_total(machines: Machines) -> None:
    machines.sweep("b")
    assert machines.lag == HOUR_MS, "the first sweep of a machine has no earlier mark"
    for number in range(50):
        machines.sweep("ab"[number % 2])
        assert 0 <= machines.lag <= HOUR_MS


def test_uptime_that_decreased_adds_no_time(machines: Machines) -> None:
    machines.sweep()
    before = machines.witness.seen
    machines.witness = advance(machines.witness, "a", UPTIME - 1, WALL + 365 * DAY)
    assert machines.witness.seen == before


def test_marks_of_old_machines_are_dropped(machines: Machines) -> None:
    for number in range(100):
        machines.sweep(f"machine {number}")
    assert len(machines.witness.marks) == MAX_MACHINES
    assert "machine 99" in machines.witness.marks


def test_first_witness_has_not_seen_the_time_since_the_last_use() -> None:
    assert first_witness("a", 0, WALL, WALL - DAY).seen == WALL - DAY
    assert first_witness("a", 0, WALL, WALL + DAY).seen == WALL
    assert first_witness("a", 0, WALL, None).seen == WALL


def test_uptime_of_a_known_run_gives_the_time_at_the_start(machines: Machines) -> None:
    machines.sweep()
    machines.wait(DAY)
    assert time_at_start(machines.witness, "a", UPTIME + machines.passed) == WALL + machines.passed
    assert time_at_start(machines.witness, "another", UPTIME + machines.passed) is None
    assert time_at_start(machines.witness, "a", 0) is None


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 3 * HOUR_MS), st.integers(-400 * DAY, 400 * DAY)),
        max_size=60,
    )
)
def test_wrong_clocks_never_advance_the_time_seen_beyond_the_real_time(steps: list[tuple[str, int, int]]) -> None:
    witness, passed = first_witness("a", UPTIME, WALL, None), 0
    for machine, waited, error in [*steps, ("a", 0, 0)]:
        passed += waited
        before: AgeWitness = witness
        witness = advance(witness, machine, UPTIME + passed, WALL + passed + error)
        # A window that contains a right clock confirms no difference.
        if passed < WINDOW_MS:
            assert before.seen <= witness.seen <= WALL + passed
