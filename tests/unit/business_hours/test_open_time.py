"""Open time over clock changes, midnight and holidays, compared with a count of every minute."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crumbless.business_hours.open_time import HORIZON_MS, OpenTime
from crumbless.business_hours.weekly_hours import BusinessHours, Holiday, Period, check_hours
from crumbless.core.errors import ApiError
from crumbless.core.time_units import DAY_MS, HOUR_MS, MINUTE_MS

LISBON, KATHMANDU, ST_JOHNS = "Europe/Lisbon", "Asia/Kathmandu", "America/St_Johns"
Clock = tuple[int, int]
Week = tuple[tuple[Period, ...], ...]
CLOSED: tuple[Period, ...] = ()


def clock(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def periods(*texts: str) -> tuple[Period, ...]:
    """Return the periods of texts such as `09:00-12:30` and `22:00-26:00`."""
    return tuple(Period(*map(clock, text.split("-"))) for text in texts)


def hours(zone: str, *daily: str, holidays: tuple[Holiday, ...] = ()) -> BusinessHours:
    """Return hours with the same periods on each weekday."""
    made = BusinessHours(zone, (periods(*daily),) * 7, holidays)
    check_hours(made)
    return made


def at(zone: str, text: str, fold: int = 0) -> int:
    """Return the instant of a local time. `fold` 1 is the second of two equal ones."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(local.timestamp() * 1000)


def shows_open(own: BusinessHours, instant: int) -> bool:
    """Return whether the wall clock shows a time inside a period: the definition, without the calculation."""
    local = datetime.fromtimestamp(instant / 1000, ZoneInfo(own.time_zone))
    minute = local.hour * 60 + local.minute
    today = local.date()
    return any(one.start <= minute < one.end for one in on(own, today)) or any(
        one.start <= minute + 24 * 60 < one.end for one in on(own, today - timedelta(days=1))
    )


def on(own: BusinessHours, day: date) -> tuple[Period, ...]:
    return next((one.periods for one in own.holidays if one.date == day), own.week[day.weekday()])


def counted(own: BusinessHours, start: int, end: int) -> int:
    return sum(MINUTE_MS for minute in range(start, end, MINUTE_MS) if shows_open(own, minute))


@pytest.mark.parametrize(
    ("zone", "daily", "start", "end", "minutes"),
    [
        (LISBON, "09:00-17:00", "2026-03-29T00:00", "2026-03-30T00:00", 480),
        pytest.param(LISBON, "00:00-24:00", "2026-03-29T00:00", "2026-03-30T00:00", 23 * 60, id="day of 23 hours"),
        pytest.param(LISBON, "00:00-24:00", "2026-10-25T00:00", "2026-10-26T00:00", 25 * 60, id="day of 25 hours"),
        pytest.param(LISBON, "01:10-01:50", "2026-03-29T00:00", "2026-03-30T00:00", 0, id="in the skipped hour"),
        pytest.param(LISBON, "01:30-02:30", "2026-03-29T00:00", "2026-03-30T00:00", 30, id="half in the skipped hour"),
        pytest.param(LISBON, "01:10-01:50", "2026-10-25T00:00", "2026-10-26T00:00", 80, id="in the repeated hour"),
        pytest.param(LISBON, "22:00-25:30", "2026-10-24T12:00", "2026-10-25T12:00", 240, id="night, hour repeated"),
        pytest.param(LISBON, "22:00-27:00", "2026-03-28T12:00", "2026-03-29T12:00", 240, id="night, hour skipped"),
        (ST_JOHNS, "01:30-03:30", "2026-03-08T00:00", "2026-03-09T00:00", 60),
        (ST_JOHNS, "01:30-03:30", "2026-11-01T00:00", "2026-11-02T00:00", 150),
        # Until 2011 clocks in St John's went back at 00:01, into the day before.
        pytest.param(ST_JOHNS, "23:00-24:00", "2010-11-06T12:00", "2010-11-07T12:00", 119, id="date goes back"),
        (KATHMANDU, "09:15-17:45", "2026-03-29T00:00", "2026-04-05T00:00", 7 * 510),
        # Nepal moved its clocks by 15 minutes at the beginning of 1986.
        pytest.param(KATHMANDU, "00:00-24:00", "1986-01-01T00:15", "1986-01-02T00:00", 1425, id="15 minutes"),
    ],
)
def test_open_time_over_clock_changes(zone: str, daily: str, start: str, end: str, minutes: int) -> None:
    own = hours(zone, daily)
    since, to = at(zone, start), at(zone, end)
    assert OpenTime(own).open_between(since, to) == minutes * MINUTE_MS
    assert counted(own, since, to) == minutes * MINUTE_MS


def test_wall_clock_decides_in_the_repeated_hour() -> None:
    """A night shift until 01:30 is open until the first 01:30, and again in the second hour from 01:00 to 01:30."""
    open_time = OpenTime(hours(LISBON, "22:00-25:30"))
    first, second = at(LISBON, "2026-10-25T01:30"), at(LISBON, "2026-10-25T01:30", fold=1)
    assert second - first == HOUR_MS
    assert open_time.next_closing(at(LISBON, "2026-10-25T00:00")) == first
    assert open_time.next_opening(first) == at(LISBON, "2026-10-25T01:00", fold=1)
    assert open_time.next_closing(first) == second


def test_opening_in_the_skipped_hour_is_at_its_end() -> None:
    open_time = OpenTime(hours(LISBON, "01:30-09:00"))
    opening = open_time.next_opening(at(LISBON, "2026-03-29T00:00"))
    assert opening == at(LISBON, "2026-03-29T02:00")
    assert opening is not None
    assert not open_time.is_open(opening - 1)
    assert open_time.is_open(opening)


def test_end_of_a_period_is_closed() -> None:
    open_time = OpenTime(hours(LISBON, "09:00-12:00", "13:00-17:00"))
    noon = at(LISBON, "2026-06-01T12:00")
    assert open_time.is_open(noon - 1)
    assert not open_time.is_open(noon)
    assert open_time.next_closing(noon - 1) == noon
    assert open_time.next_closing(noon) == at(LISBON, "2026-06-01T17:00")


def test_periods_that_touch_do_not_close_between() -> None:
    open_time = OpenTime(hours(LISBON, "09:00-12:00", "12:00-17:00"))
    morning = at(LISBON, "2026-06-01T10:00")
    assert open_time.next_closing(morning) == at(LISBON, "2026-06-01T17:00")
    assert open_time.next_opening(morning) == at(LISBON, "2026-06-02T09:00")


def test_always_closed() -> None:
    open_time = OpenTime(hours(LISBON))
    now = at(LISBON, "2026-06-01T12:00")
    assert not open_time.is_open(now)
    assert open_time.next_opening(now) is None
    assert open_time.next_closing(now) is None
    assert open_time.open_between(now, now + 30 * DAY_MS) == 0
    assert open_time.after_open_time(now, 1) is None
    assert open_time.after_open_time(now, 0) == now


def test_always_open() -> None:
    open_time = OpenTime(hours(LISBON, "00:00-24:00"))
    now = at(LISBON, "2026-06-01T12:00") + 7
    assert open_time.is_open(now)
    assert open_time.next_opening(now) is None
    assert open_time.next_closing(now) is None
    assert open_time.open_between(now, now + 500 * DAY_MS) == 500 * DAY_MS
    assert open_time.after_open_time(now, 500 * DAY_MS) == now + 500 * DAY_MS
    assert open_time.after_open_time(now, HORIZON_MS + 1) is None


def test_time_backwards_is_no_open_time() -> None:
    now = at(LISBON, "2026-06-01T12:00")
    assert OpenTime(hours(LISBON, "00:00-24:00")).open_between(now, now - DAY_MS) == 0


def test_holiday_replaces_the_periods_that_begin_on_it() -> None:
    christmas = Holiday(date(2026, 12, 25), "Christmas")
    short = Holiday(date(2026, 12, 31), "New Year's Eve", periods("09:00-12:00"))
    own = hours(LISBON, "20:00-26:00", holidays=(christmas, short))
    open_time = OpenTime(own)
    assert open_time.is_open(at(LISBON, "2026-12-25T01:00")), "the night shift of the day before ends at 02:00"
    assert not open_time.is_open(at(LISBON, "2026-12-25T21:00"))
    assert not open_time.is_open(at(LISBON, "2026-12-26T01:00")), "the night shift of the holiday does not take place"
    assert open_time.next_opening(at(LISBON, "2026-12-25T03:00")) == at(LISBON, "2026-12-26T20:00")
    assert open_time.is_open(at(LISBON, "2026-12-31T11:00"))
    assert not open_time.is_open(at(LISBON, "2026-12-31T21:00"))


def test_holiday_overlapping_with_the_night_before_is_counted_once() -> None:
    own = hours(LISBON, "20:00-26:00", holidays=(Holiday(date(2026, 12, 25), "Long", periods("00:30-04:00")),))
    since, to = at(LISBON, "2026-12-25T00:00"), at(LISBON, "2026-12-25T12:00")
    assert OpenTime(own).open_between(since, to) == 4 * HOUR_MS
    assert OpenTime(own).next_closing(since) == at(LISBON, "2026-12-25T04:00")


def test_only_a_holiday_is_open() -> None:
    own = hours(LISBON, holidays=(Holiday(date(2027, 6, 1), "Fair", periods("10:00-12:00")),))
    assert OpenTime(own).next_opening(at(LISBON, "2026-06-01T00:00")) == at(LISBON, "2027-06-01T10:00")


def test_deadline_skips_the_weekend() -> None:
    office = periods("09:00-12:00", "13:00-17:00")
    own = BusinessHours(LISBON, (office,) * 5 + (CLOSED,) * 2)
    friday = at(LISBON, "2026-03-27T16:30")
    assert OpenTime(own).after_open_time(friday, 60 * MINUTE_MS) == at(LISBON, "2026-03-30T09:30")
    assert OpenTime(own).after_open_time(friday, 30 * MINUTE_MS) == at(LISBON, "2026-03-27T17:00")


@st.composite
def a_day(draw: st.DrawFn, latest: int = 24 * 60) -> tuple[Period, ...]:
    """Return periods without overlaps. The last one may end on the next day."""
    marks = sorted(draw(st.sets(st.integers(0, latest), max_size=6)))
    return tuple(
        Period(start, end)
        for start, end in zip(marks[::2], marks[1::2], strict=False)
        if start < 24 * 60 and end - start <= 24 * 60
    )


MOMENTS = (
    (LISBON, "2026-03-29T01:00"),
    (LISBON, "2026-10-25T01:00"),
    (LISBON, "1992-09-27T01:00"),
    (KATHMANDU, "1986-01-01T00:00"),
    (KATHMANDU, "2026-06-01T00:00"),
    (ST_JOHNS, "2026-03-08T02:00"),
    (ST_JOHNS, "2026-11-01T01:00"),
    (ST_JOHNS, "2010-11-06T23:30"),
    (ST_JOHNS, "2011-03-13T00:01"),
    ("Australia/Lord_Howe", "2026-04-05T01:45"),
    ("Pacific/Apia", "2011-12-29T23:59"),
)


@st.composite
def a_case(draw: st.DrawFn) -> tuple[BusinessHours, int, int]:
    """Return hours, and two instants near a clock change, in whole minutes."""
    zone, moment = draw(st.sampled_from(MOMENTS))
    near = at(zone, moment)
    week = tuple(draw(a_day(draw(st.sampled_from((24 * 60, 28 * 60))))) for _ in range(7))
    days = st.integers(-2, 2).map(
        lambda offset: datetime.fromtimestamp(near / 1000, ZoneInfo(zone)).date() + timedelta(days=offset)
    )
    holidays = draw(st.dictionaries(days, a_day(30 * 60), max_size=2))
    own = BusinessHours(zone, week, tuple(Holiday(day, "H", of) for day, of in holidays.items()))
    start = near + draw(st.integers(-1500, 600)) * MINUTE_MS
    return own, start, start + draw(st.integers(0, 2000)) * MINUTE_MS


@given(a_case())
@settings(max_examples=120)
def test_each_calculation_agrees_with_a_count_of_every_minute(case: tuple[BusinessHours, int, int]) -> None:
    own, start, end = case
    open_time = OpenTime(own)
    minutes = range(start, end, MINUTE_MS)
    states = [shows_open(own, minute) for minute in minutes]
    assert [open_time.is_open(minute) for minute in minutes[::7]] == states[::7]
    total = sum(states) * MINUTE_MS
    assert open_time.open_between(start, end) == total
    changes: dict[bool, list[int]] = {True: [], False: []}
    for minute, before, after in zip(minutes[1:], states, states[1:], strict=False):
        if before != after:
            changes[after].append(minute)
    check_first(open_time.next_opening, start, end, changes[True])
    check_first(open_time.next_closing, start, end, changes[False])
    if total:
        passed = open_time.after_open_time(start, total)
        assert passed is not None
        last = max(minute for minute, state in zip(minutes, states, strict=True) if state)
        assert passed == last + MINUTE_MS


def check_first(search: Callable[[int], int | None], start: int, end: int, changes: list[int]) -> None:
    """Compare the first change after the start with those that were counted before the end."""
    found = search(start)
    if changes:
        assert found == changes[0]
    else:
        assert found is None or found >= end


@given(a_case(), st.integers(1, 5000))
@settings(max_examples=60)
def test_deadline_is_the_first_instant_with_enough_open_time(
    case: tuple[BusinessHours, int, int], seconds: int
) -> None:
    own, start, _ = case
    duration = seconds * 1000
    deadline = OpenTime(own).after_open_time(start, duration)
    if deadline is None:
        assert OpenTime(own).open_between(start, start + HORIZON_MS) < duration
    else:
        assert OpenTime(own).open_between(start, deadline) == duration
        assert OpenTime(own).open_between(start, deadline - 1) == duration - 1


@pytest.mark.parametrize("zone", [LISBON, ST_JOHNS, KATHMANDU])
def test_part_of_a_minute_counts(zone: str) -> None:
    open_time = OpenTime(hours(zone, "09:00-17:00"))
    opening = at(zone, "2026-06-01T09:00")
    assert open_time.open_between(opening - 5, opening + 3) == 3
    assert open_time.after_open_time(opening - 5, 3) == opening + 3


def test_invalid_hours_are_rejected_before_a_calculation() -> None:
    with pytest.raises(ApiError):
        hours(LISBON, "12:00-09:00")
