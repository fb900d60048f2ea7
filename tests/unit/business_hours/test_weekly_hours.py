"""Business hours as a value: the wire form, its limits, and errors that name the place."""

import os
import subprocess
import sys
from datetime import date

import msgspec
import pytest

from crumbless.business_hours.weekly_hours import (
    MAX_HOLIDAYS,
    MAX_PERIODS,
    BusinessHours,
    Holiday,
    Period,
    check_hours,
    clock_text,
)
from crumbless.core.errors import ApiError

OFFICE = (Period(540, 720), Period(780, 1020))
Day = tuple[Period, ...]


def week_of(**days: Day) -> BusinessHours:
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return BusinessHours("Europe/Lisbon", tuple(days.get(name, ()) for name in names))


def test_wire_form_is_read_and_written() -> None:
    hours = BusinessHours(
        "Asia/Kathmandu", (OFFICE, OFFICE, (), (), (), (), ()), (Holiday(date(2026, 12, 25), "Christmas", OFFICE[:1]),)
    )
    text = msgspec.json.encode(hours)
    assert b'"holidays":[{"date":"2026-12-25","name":"Christmas","periods":[{"start":540,"end":720}]}]' in text
    assert msgspec.json.decode(text, type=BusinessHours) == hours


INVALID: list[dict[str, object]] = [
    {"week": [[]] * 6},
    {"week": [[{"start": -1, "end": 5}], *[[]] * 6]},
    {"week": [[{"start": 1440, "end": 1450}], *[[]] * 6]},
    {"week": [[{"start": 0, "end": 2881}], *[[]] * 6]},
    {"week": [[{"start": 0, "end": 5.5}], *[[]] * 6]},
    {"week": [[{"start": 0, "end": 5}] * (MAX_PERIODS + 1), *[[]] * 6]},
    {"holidays": [{"date": "2026-02-30", "name": "x"}]},
    {"holidays": [{"date": "2026-01-01", "name": "x"}] * (MAX_HOLIDAYS + 1)},
    {"time_zone": "x" * 65},
]


@pytest.mark.parametrize("change", INVALID)
def test_wire_form_has_limits(change: dict[str, object]) -> None:
    valid: dict[str, object] = {"time_zone": "Europe/Lisbon", "week": [[]] * 7, "holidays": []}
    assert msgspec.convert(valid, BusinessHours)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(valid | change), type=BusinessHours)


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        (week_of(monday=(Period(600, 540),)), "Monday: 10:00 to 09:00 is not between 1 minute and 24 hours long."),
        (week_of(friday=(Period(60, 1501),)), "Friday: 01:00 to 01:01 is not between 1 minute and 24 hours long."),
        (week_of(tuesday=(Period(780, 900), Period(540, 781))), "Tuesday: 09:00 to 13:01 and 13:00 to 15:00 overlap."),
        (
            week_of(sunday=(Period(1320, 1560),), monday=(Period(60, 300),)),
            "Sunday, 22:00 to 02:00 and Monday, 01:00 to 05:00 overlap.",
        ),
        (week_of(monday=OFFICE[:1] * 13), "Monday has more than 12 periods."),
        (BusinessHours("Europe/Lissabon", ((),) * 7), "The time zone is unknown. Choose one such as Europe/Lisbon."),
        (BusinessHours("../etc/passwd", ((),) * 7), "The time zone is unknown. Choose one such as Europe/Lisbon."),
        (
            msgspec.structs.replace(week_of(), holidays=(Holiday(date(1999, 1, 1), "Old"),)),
            "1999-01-01: choose a year from 2000 to 2199.",
        ),
        (
            msgspec.structs.replace(week_of(), holidays=(Holiday(date(2026, 1, 1), "New Year"),) * 2),
            "2026-01-01 is in the list of holidays twice.",
        ),
        (
            msgspec.structs.replace(week_of(), holidays=(Holiday(date(2026, 1, 1), " "),)),
            "The name is empty. Enter one: operators see it in the list of holidays.",
        ),
        (
            msgspec.structs.replace(week_of(), holidays=(Holiday(date(2026, 1, 1), "a", (Period(5, 5),)),)),
            "2026-01-01: 00:05 to 00:05 is not between 1 minute and 24 hours long.",
        ),
        (
            msgspec.structs.replace(week_of(), holidays=(Holiday(date(2026, 1, 1), "a"),) * 401),
            "There are more than 400 holidays. Delete those that are over.",
        ),
    ],
)
def test_contradictions_are_rejected_with_their_place(hours: BusinessHours, message: str) -> None:
    with pytest.raises(ApiError) as raised:
        check_hours(hours)
    assert raised.value.code == "invalid"
    assert message in str(raised.value.detail)


def test_periods_that_touch_are_valid() -> None:
    check_hours(week_of(sunday=(Period(1320, 1560),), monday=(Period(120, 300), Period(300, 1440)), tuesday=(OFFICE)))
    check_hours(BusinessHours("Etc/UTC", ((Period(0, 1440),),) * 7))


def test_minutes_are_shown_as_a_clock_does() -> None:
    assert [clock_text(minute) for minute in (0, 570, 1440, 1560)] == ["00:00", "09:30", "24:00", "02:00"]


def test_time_zones_need_no_database_of_the_system() -> None:
    program = (
        "import zoneinfo; assert zoneinfo.TZPATH == (), zoneinfo.TZPATH\n"
        "from crumbless.business_hours.open_time import OpenTime\n"
        "from crumbless.business_hours.weekly_hours import BusinessHours, Period, check_hours\n"
        "hours = BusinessHours('America/St_Johns', ((Period(0, 1440),),) * 7)\n"
        "check_hours(hours)\n"
        "print(OpenTime(hours).is_open(0))"
    )
    environment = os.environ | {"PYTHONTZPATH": ""}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("True\n", "")
