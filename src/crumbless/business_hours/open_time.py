"""Calculates with business hours: is it open, when does it open and close, and how much open time passes.

It is open while a clock on the wall in the time zone shows a time inside a period. So a period in the hour that a clock
change skips never takes place, and one in the hour that is repeated takes place twice. Instants are milliseconds since
1970 (UTC). They are compared with local times only where the offset of the zone is constant.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from crumbless.business_hours.weekly_hours import BusinessHours, Period
from crumbless.core.time_units import DAY_MS, MINUTE_MS

HORIZON_MS = 3 * 366 * DAY_MS
"""How far ahead an opening, a closing or an end of open time is searched. A search that finds nothing takes 7 ms."""

Span = tuple[int, int]
"""A start and an end in milliseconds. The end is not part of it."""

_EPOCH = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY = date(1970, 1, 1).weekday()


class OpenTime:
    """The calculations for some business hours, which `check_hours` has accepted."""

    def __init__(self, hours: BusinessHours) -> None:
        self._zone = ZoneInfo(hours.time_zone)
        self._week = [_day_spans(periods) for periods in hours.week]
        self._holidays = {one.date.toordinal() - _EPOCH: _day_spans(one.periods) for one in hours.holidays}

    def is_open(self, at: int) -> bool:
        """Return whether it is open at an instant."""
        local = at + self._offset(at)
        return any(start <= local < end for start, end in self._local_spans(local, local + 1))

    def next_opening(self, at: int) -> int | None:
        """Return the first instant after `at` at which it opens, or None if that takes over three years."""
        closed_from = at
        for start, end in self._open_spans(at, at + HORIZON_MS):
            if start > closed_from:
                return start
            closed_from = end
        return None

    def next_closing(self, at: int) -> int | None:
        """Return the first instant after `at` at which it closes, or None if that takes over three years."""
        closing = None
        for start, end in self._open_spans(at, at + HORIZON_MS):
            if closing is not None and start > closing:
                return closing
            closing = end
        return None if closing == at + HORIZON_MS else closing

    def open_between(self, start: int, end: int) -> int:
        """Return the open time between two instants, in milliseconds; 0 if the second is not after the first."""
        return sum(to - since for since, to in self._open_spans(start, end))

    def after_open_time(self, start: int, duration: int) -> int | None:
        """Return the first instant at which this much open time has passed since `start`.

        Returns None if it has not passed within three years.
        """
        if duration <= 0:
            return start
        for since, to in self._open_spans(start, start + HORIZON_MS):
            if to - since >= duration:
                return since + duration
            duration -= to - since
        return None

    def _open_spans(self, start: int, end: int) -> Iterator[Span]:
        """Yield the spans between two instants in which it is open, in order. One may begin where the last one ends."""
        for since, to, offset in self._constant_offsets(start, end):
            for opening, closing in self._local_spans(since + offset, to + offset):
                yield opening - offset, closing - offset

    def _constant_offsets(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield (start, end, offset) for consecutive spans of at most a day with the same offset from UTC."""
        while start < end:
            offset, to = self._offset(start), min(start + DAY_MS, end)
            if self._offset(to) != offset:
                to = self._clock_change(start, to)
            yield start, to, offset
            start = to

    def _clock_change(self, start: int, end: int) -> int:
        """Return the instant between two at which the offset changes. Clocks change at whole seconds."""
        offset, low, high = self._offset(start), start // 1000, end // 1000
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(middle * 1000) == offset:
                low = middle
            else:
                high = middle
        return high * 1000

    def _offset(self, at: int) -> int:
        offset = datetime.fromtimestamp(at // 1000, self._zone).utcoffset() or timedelta()
        return round(offset.total_seconds()) * 1000

    def _local_spans(self, start: int, end: int) -> list[Span]:
        """Return the open spans between two local times, in order, without overlaps."""
        # A period of the day before may end in the first day.
        days = range(start // DAY_MS - 1, (end - 1) // DAY_MS + 1)
        spans = [
            (max(start, day * DAY_MS + opening), min(end, day * DAY_MS + closing))
            for day in days
            for opening, closing in self._spans_of(day)
            if day * DAY_MS + opening < end and day * DAY_MS + closing > start
        ]
        spans.sort()
        # A period before a holiday may overlap with the holiday's first one. The others are disjoint.
        if any(before[1] > after[0] for before, after in pairwise(spans)):
            return _united(spans)
        return spans

    def _spans_of(self, day: int) -> list[Span]:
        """Return the periods that begin on a day, counted since 1970."""
        own = self._holidays.get(day)
        return self._week[(day + _EPOCH_WEEKDAY) % 7] if own is None else own


def _day_spans(periods: Iterable[Period]) -> list[Span]:
    return sorted((one.start * MINUTE_MS, one.end * MINUTE_MS) for one in periods)


def _united(spans: list[Span]) -> list[Span]:
    united = spans[:1]
    for start, end in spans[1:]:
        if start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united
