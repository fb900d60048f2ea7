"""Resolves the dates of filters in a time zone: days, "today", and periods from now."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from crumbless.core.time_units import HOUR_MS, MINUTE_MS
from crumbless.filters.filter_syntax import Value

Span = tuple[int | None, int | None]
"""The first value, and the first one after the span. None has no limit."""

YEARS = range(1970, 3000)
_NAMED_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_match_period = re.compile(r"(-?\d{1,5})([mhdw])", re.ASCII | re.IGNORECASE).fullmatch
_match_day = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII).fullmatch


def time_span(value: Value, now: int, zone: ZoneInfo) -> tuple[int, int] | None:
    """Return the first millisecond that a date means and the one after its last, or None if it is not a date.

    A day has 23 or 25 hours if the clock changes on it. A period such as `-2h` means one millisecond.
    """
    if value.keyword:
        return _named_span(value.text, now, zone)
    if match := _match_period(value.text):
        at = _moved(now, int(match[1]), match[2].lower(), zone)
        return at, at + 1
    try:
        day = date.fromisoformat(value.text) if _match_day(value.text) else None
    except ValueError:
        return None
    return _day_span(day, zone) if day and day.year in YEARS else None


def _named_span(word: str, now: int, zone: ZoneInfo) -> tuple[int, int] | None:
    if word == "now":
        return now, now + 1
    if word not in _NAMED_DAYS:
        return None
    return _day_span(_local(now, zone).date() + timedelta(days=_NAMED_DAYS[word]), zone)


def _moved(now: int, count: int, unit: str, zone: ZoneInfo) -> int:
    """Return the time after this many minutes, hours, days or weeks. Days keep the time of the wall clock."""
    if unit in "mh":
        return now + count * (MINUTE_MS if unit == "m" else HOUR_MS)
    local = _local(now, zone)
    days = timedelta(days=count * (7 if unit == "w" else 1))
    return _instant((local.replace(tzinfo=None) + days).replace(tzinfo=zone, fold=local.fold)) + now % 1000


def _day_span(day: date, zone: ZoneInfo) -> tuple[int, int]:
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> int:
    """Return the beginning of a day. If midnight is skipped, it is the clock change."""
    return _instant(datetime(day.year, day.month, day.day, tzinfo=zone))


def _local(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at // 1000, zone)


def _instant(local: datetime) -> int:
    return round(local.timestamp()) * 1000
