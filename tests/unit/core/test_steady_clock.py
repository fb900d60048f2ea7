"""The steady time does not follow a changed wall clock until the change is confirmed."""

import pytest

from crumbless.core.ids import now_ms
from crumbless.core.steady_clock import CONFIRM_MS, ClockChange, SteadyClock, boot_name, elapsed_ms, machine_clock_ms
from crumbless.core.time_units import DAY_MS, MINUTE_MS

MINUTE, DAY = MINUTE_MS, DAY_MS
JUMPS = [sign * by for by in (10 * MINUTE, DAY, 8 * DAY, 365 * DAY) for sign in (1, -1)]
WALL, UPTIME = 1_800_000_000_000, 5_000_000

each_jump = pytest.mark.parametrize("jump", JUMPS)


@pytest.fixture
def clock() -> SteadyClock:
    return SteadyClock(WALL, UPTIME)


def steady_at(clock: SteadyClock, passed: int) -> int:
    """Return the steady time after so many milliseconds since the start."""
    return clock.offset + UPTIME + passed - WALL


def observe(clock: SteadyClock, passed: int, error: int = 0) -> ClockChange | None:
    return clock.observe(WALL + passed + error, UPTIME + passed)


@each_jump
def test_jump_that_is_reverted_changes_nothing(clock: SteadyClock, jump: int) -> None:
    assert observe(clock, 1_000, jump) == ClockChange("left", jump)
    assert [observe(clock, passed, jump) for passed in range(2_000, 9_000, 1_000)] == [None] * 7, "reported once"
    assert clock.ahead_ms == jump
    assert observe(clock, 9_000) == ClockChange("back", jump)
    assert clock.ahead_ms == 0
    assert steady_at(clock, 9_000) == 9_000


@each_jump
def test_lasting_jump_is_followed_after_an_hour(clock: SteadyClock, jump: int) -> None:
    observe(clock, 0, jump)
    assert observe(clock, CONFIRM_MS - 1, jump) is None
    assert steady_at(clock, CONFIRM_MS) == CONFIRM_MS
    assert observe(clock, CONFIRM_MS, jump) == ClockChange("followed", jump)
    assert steady_at(clock, CONFIRM_MS) == CONFIRM_MS + jump
    assert clock.ahead_ms == 0


@each_jump
def test_second_jump_begins_a_new_hour(clock: SteadyClock, jump: int) -> None:
    observe(clock, 0, jump)
    assert observe(clock, CONFIRM_MS - 1, 2 * jump) == ClockChange("left", 2 * jump)
    assert observe(clock, CONFIRM_MS, 2 * jump) is None
    assert steady_at(clock, 0) == 0


@pytest.mark.parametrize("error", [50_000, -50_000])
def test_small_correction_is_followed_at_once(clock: SteadyClock, error: int) -> None:
    assert observe(clock, 1_000, error) is None
    assert steady_at(clock, 0) == error
    assert clock.ahead_ms == 0


def test_jitter_of_a_reading_is_not_followed(clock: SteadyClock) -> None:
    for error in (15, -15):
        observe(clock, 1_000, error)
        assert steady_at(clock, 0) == 0


@each_jump
def test_confirmed_time_is_never_later_than_the_time_seen(clock: SteadyClock, jump: int) -> None:
    clock.see(WALL, UPTIME)
    observe(clock, 0, jump)
    observe(clock, CONFIRM_MS, jump)
    assert clock.confirmed_offset + UPTIME == min(WALL, WALL + jump)
    assert clock.latest_offset + UPTIME == max(WALL, WALL + jump)


def test_right_time_is_followed_at_once_after_a_start_with_a_clock_behind(clock: SteadyClock) -> None:
    clock.begin(WALL, UPTIME, provisional=True)
    assert observe(clock, 0, -DAY) == ClockChange("left", -DAY)
    assert steady_at(clock, 0) == 0
    assert observe(clock, 1_000, 3 * DAY) == ClockChange("back", -DAY)
    assert steady_at(clock, 0) == 3 * DAY
    observe(clock, 2_000, 6 * DAY)
    assert steady_at(clock, 0) == 3 * DAY, "only once"


def test_time_of_this_process_is_that_of_the_machine() -> None:
    assert abs(now_ms() - machine_clock_ms()) < MINUTE
    assert boot_name() == boot_name(), "Linux names each run of the machine"
    assert elapsed_ms() > 0
