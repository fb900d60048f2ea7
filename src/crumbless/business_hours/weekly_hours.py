"""Business hours as a value: periods of weekdays, holidays and a time zone. docs/business_hours.md has the rules."""

import zoneinfo
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Annotated

import msgspec

from crumbless.core.bounds import Name, TimeZone
from crumbless.core.errors import ApiError
from crumbless.core.names import check_name
from crumbless.core.time_units import DAY_MS, MINUTE_MS

DAY_MINUTES = DAY_MS // MINUTE_MS
MAX_PERIODS = 12
"""Most periods of one day."""

MAX_HOLIDAYS = 400
YEARS = range(2000, 2200)
"""The years in which a holiday may be."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Period(msgspec.Struct, frozen=True):
    """A time of a day on the wall clock, in minutes since midnight. The end is not part of it.

    An end after 1,440 is on the next day: 22:00 to 02:00 is 1,320 to 1,560. A period is at most 24 hours long.
    """

    start: Annotated[int, msgspec.Meta(ge=0, lt=DAY_MINUTES)]
    end: Annotated[int, msgspec.Meta(ge=1, le=2 * DAY_MINUTES)]


Periods = Annotated[tuple[Period, ...], msgspec.Meta(max_length=MAX_PERIODS)]


class Holiday(msgspec.Struct, frozen=True):
    """A date with its own periods instead of those of its weekday. Without periods it is closed."""

    date: date
    name: Name
    periods: Periods = ()


class BusinessHours(msgspec.Struct, frozen=True):
    """The periods of Monday to Sunday, the holidays, and the IANA time zone of both."""

    time_zone: TimeZone
    week: Annotated[tuple[Periods, ...], msgspec.Meta(min_length=7, max_length=7)]
    holidays: Annotated[tuple[Holiday, ...], msgspec.Meta(max_length=MAX_HOLIDAYS)] = ()


def check_hours(hours: BusinessHours) -> None:
    """Raise ApiError `invalid`, with the place and the reason, if the hours contradict themselves."""
    if hours.time_zone not in _zones():
        raise ApiError("invalid", "The time zone is unknown. Choose one such as Europe/Lisbon.")
    for day, periods in zip(WEEKDAYS, hours.week, strict=True):
        _check_day(day, periods)
    _check_week(hours.week)
    if len(hours.holidays) > MAX_HOLIDAYS:
        raise ApiError("invalid", f"There are more than {MAX_HOLIDAYS} holidays. Delete those that are over.")
    for holiday in hours.holidays:
        check_name(holiday.name, "operators see it in the list of holidays")
        if holiday.date.year not in YEARS:
            raise ApiError("invalid", f"{holiday.date}: choose a year from {YEARS[0]} to {YEARS[-1]}.")
        _check_day(str(holiday.date), holiday.periods)
    for before, after in pairwise(sorted(holiday.date for holiday in hours.holidays)):
        if before == after:
            raise ApiError("invalid", f"{after} is in the list of holidays twice.")


def clock_text(minute: int) -> str:
    """Return a minute of a day as text: `09:30`. A time of the next day begins again at `00:00`."""
    shown = minute if minute == DAY_MINUTES else minute % DAY_MINUTES
    return f"{shown // 60:02}:{shown % 60:02}"


def _check_day(day: str, periods: Sequence[Period]) -> None:
    if len(periods) > MAX_PERIODS:
        raise ApiError("invalid", f"{day} has more than {MAX_PERIODS} periods.")
    for one in periods:
        if not 0 <= one.start < DAY_MINUTES or not one.start < one.end <= one.start + DAY_MINUTES:
            raise ApiError("invalid", f"{day}: {_text(one)} is not between 1 minute and 24 hours long.")
    for before, after in pairwise(sorted(periods, key=_start)):
        if after.start < before.end:
            raise ApiError("invalid", f"{day}: {_text(before)} and {_text(after)} overlap.")


def _check_week(week: Sequence[Sequence[Period]]) -> None:
    """Reject a period past midnight that overlaps with one of the next weekday."""
    for day, (periods, following) in enumerate(_days_with_next(week)):
        for before in periods:
            for after in following:
                if after.start + DAY_MINUTES < before.end:
                    days = f"{WEEKDAYS[day]}, {_text(before)} and {WEEKDAYS[(day + 1) % 7]}, {_text(after)}"
                    raise ApiError("invalid", f"{days} overlap.")


def _days_with_next(week: Sequence[Sequence[Period]]) -> Iterator[tuple[Sequence[Period], Sequence[Period]]]:
    return pairwise((*week, week[0]))


def _start(period: Period) -> int:
    return period.start


def _text(period: Period) -> str:
    return f"{clock_text(period.start)} to {clock_text(period.end)}"


@cache
def _zones() -> set[str]:
    return zoneinfo.available_timezones()
