"""The meaning of conditions: names, times in the operator's time zone, and parts that are left out."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from crumbless.core.time_units import DAY_MS, HOUR_MS, MINUTE_MS
from crumbless.filters.filter_bind import (
    BoundCondition,
    BoundFilter,
    BoundGroup,
    Choice,
    Choices,
    FilterContext,
    bind_filter,
)
from crumbless.filters.filter_fields import FIELDS, Field
from crumbless.filters.filter_match import Property, matches
from crumbless.filters.filter_parse import parse_filter
from crumbless.filters.filter_syntax import print_filter

LISBON = ZoneInfo("Europe/Lisbon")
MORE = {
    **FIELDS,
    "to": Field("to", "choice", "conversation.visitor_id", nullable=True, keyword="me"),
    "label": Field("label", "choices", "test_label.label_id", nullable=True),
}
CHOICES = {
    "site": Choices([Choice(1, "shop-key", "Shop"), Choice(2, "tea-key", "Tea & more")]),
    "team": Choices([Choice("t1", "t1", "Sales"), Choice("t2", "t2", "Straße"), Choice("t3", "t3", "SALES")]),
    "label": Choices([Choice("l1", "l1", "Wedding"), Choice("l2", "l2", "none"), Choice("l3", "l3", "l1")]),
    "to": Choices([Choice("o1", "o1", "Ana"), Choice("o2", "o2", "me")]),
}
DEFAULTS: dict[str, Property] = {
    "status": "open",
    "site": 1,
    "team": None,
    "wait": None,
    "started": 0,
    "number": 1,
    "to": None,
    "label": frozenset[str](),
}


def instant(text: str, zone: ZoneInfo = LISBON, fold: int = 0) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp() * 1000)


NOW = instant("2026-11-29T15:30:20")


def bind(text: str, now: int = NOW, zone: ZoneInfo = LISBON, me: str | None = "o1") -> BoundFilter:
    return bind_filter(parse_filter(text), FilterContext(now, zone, CHOICES, me, ("t1", "t2")), MORE)


def finds(text: str, **properties: Property) -> bool:
    bound = bind(text)
    assert bound.is_complete, bound.left_out
    return matches(bound, DEFAULTS | properties)


def left_out(text: str, me: str | None = "o1") -> list[tuple[str, str | None]]:
    """Return the reason and the value of each part that is left out."""
    return [(one.reason, one.value and one.value.text) for one in bind(text, me=me).left_out]


@pytest.mark.parametrize(
    ("text", "properties", "found"),
    [
        ("", {}, True),
        ("open", {}, True),
        ("Open", {}, True),
        ("-open", {}, False),
        ("closed|open", {}, True),
        ("closed (open|snoozed)", {}, False),
        ("site:shop-key", {}, True),
        ("site:SHOP", {}, True),
        ('site:"tea & MORE"', {"site": 2}, True),
        ("team:STRASSE", {"team": "t2"}, True),
        ("team:none", {}, True),
        ("-team:none", {}, False),
        ("-team:t1", {}, True),
        ("-team:t1,none", {}, False),
        ("team:none,t1", {"team": "t1"}, True),
        ("team:mine", {"team": "t2"}, True),
        ("team:mine", {"team": "t3"}, False),
        ("to:me", {"to": "o1"}, True),
        ('to:"me"', {"to": "o2"}, True),
        ("to:none,me", {}, True),
        ("label:none", {}, True),
        ('label:"none"', {"label": frozenset({"l2"})}, True),
        ("label:wedding&none", {"label": frozenset({"l1", "l2", "l3"})}, True),
        ("label:wedding&none", {"label": frozenset({"l1"})}, False),
        ("-label:wedding&none", {"label": frozenset({"l1"})}, True),
        ("label:wedding,none", {"label": frozenset({"l3"})}, False),
        # The ID precedes a label that has it as its name.
        ("label:l1", {"label": frozenset({"l1"})}, True),
        ("label:l1", {"label": frozenset({"l3"})}, False),
        ("number:1", {}, True),
        ("number=1", {}, True),
        ("number:3,1", {}, True),
        ("number>1", {}, False),
        ("number>=1", {}, True),
        ("number<1", {}, False),
        ("number<=1", {}, True),
        ("number:0..1", {}, True),
        ("number:1..2", {}, True),
        ("number:2..3", {}, False),
        ("-number:2..3", {}, True),
        ("wait:none", {}, True),
        ("wait>10m", {}, False),
        ("-wait>10m", {}, True),
        ("wait>10m", {"wait": NOW - 10 * MINUTE_MS}, False),
        ("wait>=10m", {"wait": NOW - 10 * MINUTE_MS}, True),
        ("wait>10m", {"wait": NOW - 10 * MINUTE_MS - 1}, True),
        ("wait<1h", {"wait": NOW - HOUR_MS}, False),
        ("wait<=1H", {"wait": NOW - HOUR_MS}, True),
        ("wait:10m..1h", {"wait": NOW - HOUR_MS}, True),
        ("wait:10m..1h", {"wait": NOW - HOUR_MS - 1}, False),
        ("wait:10m..1h", {"wait": NOW - 10 * MINUTE_MS}, True),
        ("wait:10m..1h", {"wait": NOW - 10 * MINUTE_MS + 1}, False),
        ("wait>1d", {"wait": NOW - DAY_MS - 1}, True),
        ("-wait:none", {"wait": NOW}, True),
    ],
)
def test_conditions_match(text: str, properties: dict[str, Property], found: bool) -> None:
    assert finds(text, **properties) == found


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("started:today", "2026-11-29T00:00:00", "2026-11-29T23:59:59.999"),
        ("started:yesterday", "2026-11-28T00:00:00", "2026-11-28T23:59:59.999"),
        ("started:tomorrow", "2026-11-30T00:00:00", "2026-11-30T23:59:59.999"),
        ("started:2026-11-01..2026-11-10", "2026-11-01T00:00:00", "2026-11-10T23:59:59.999"),
        ("started>=2026-11-01 started<=2026-11-10", "2026-11-01T00:00:00", "2026-11-10T23:59:59.999"),
        ("started>2026-11-01 started<2026-11-10", "2026-11-02T00:00:00", "2026-11-09T23:59:59.999"),
        ("started:-2h..now", "2026-11-29T13:30:20", "2026-11-29T15:30:20"),
        ("started:now..3d", "2026-11-29T15:30:20", "2026-12-02T15:30:20"),
        ("started:-1w..-30m", "2026-11-22T15:30:20", "2026-11-29T15:00:20"),
        # Summer time ended on 25 October: 36 days of the wall clock are one hour longer.
        ("started:-36D..today", "2026-10-24T15:30:20", "2026-11-29T23:59:59.999"),
        ("started:2026-03-29", "2026-03-29T00:00:00", "2026-03-29T23:59:59.999"),
        ("started:2026-10-25", "2026-10-25T00:00:00", "2026-10-25T23:59:59.999"),
    ],
)
def test_dates_are_those_of_the_time_zone(text: str, first: str, last: str) -> None:
    start, end = instant(first), instant(last)
    assert [finds(text, started=at) for at in (start - 1, start, end, end + 1)] == [False, True, True, False]


def test_day_of_a_clock_change_has_23_or_25_hours() -> None:
    lengths = {
        text: sum(finds(f"started:{text}", started=instant(f"{text}T00:00") + hour * HOUR_MS) for hour in range(48))
        for text in ("2026-03-29", "2026-10-25", "2026-06-01")
    }
    assert lengths == {"2026-03-29": 23, "2026-10-25": 25, "2026-06-01": 24}


def test_today_depends_on_the_time_zone() -> None:
    evening = instant("2026-11-29T20:00")
    properties = DEFAULTS | {"started": evening}
    in_zones = {
        zone: matches(bind("started:2026-11-29", evening, ZoneInfo(zone)), properties)
        for zone in ("Europe/Lisbon", "Asia/Kathmandu", "America/St_Johns")
    }
    assert in_zones == {"Europe/Lisbon": True, "Asia/Kathmandu": False, "America/St_Johns": True}


def test_day_whose_midnight_is_skipped_begins_at_the_clock_change() -> None:
    beirut = ZoneInfo("Asia/Beirut")
    change = instant("2026-03-29T01:00", beirut)
    bound = bind("started:2026-03-29", NOW, beirut)
    assert not matches(bound, DEFAULTS | {"started": change - 1})
    assert matches(bound, DEFAULTS | {"started": change})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("guests>=50", [("unknown_field", None)]),
        ('"bouquet"', [("unknown_field", None)]),
        ("bouquet", [("unknown_value", "bouquet")]),
        ("status:none", [("unknown_value", "none")]),
        ("team:gone", [("unknown_value", "gone")]),
        ("team:sales", [("ambiguous_value", "sales")]),
        ("team:gone,t1", [("unknown_value", "gone")]),
        ("team:gone,lost", [("unknown_value", "gone")]),
        ("label:wedding&gone", [("unknown_value", "gone")]),
        ("label:wedding&gone&lost", [("unknown_value", "gone"), ("unknown_value", "lost")]),
        ("status:open&closed", [("wrong_operator", None)]),
        ("status>open", [("wrong_operator", None)]),
        ("number^1", [("wrong_operator", None)]),
        ("number:one", [("invalid_value", "one")]),
        ("number:1.5", [("invalid_value", "1.5")]),
        ("number:none", [("invalid_value", "none")]),
        ("number:9007199254740993", [("invalid_value", "9007199254740993")]),
        ("number:٣", [("invalid_value", "٣")]),
        ("number:9..1", [("invalid_value", "1")]),
        ("wait:10m", [("wrong_operator", "10m")]),
        ("wait>10", [("invalid_value", "10")]),
        ("wait>10w", [("invalid_value", "10w")]),
        ("wait>none", [("invalid_value", "none")]),
        ("started:now", [("wrong_operator", "now")]),
        ("started:-7d", [("wrong_operator", "-7d")]),
        ("started:2026-02-30", [("invalid_value", "2026-02-30")]),
        ("started:0001-01-01", [("invalid_value", "0001-01-01")]),
        ("started>999999d", [("invalid_value", "999999d")]),
        ("started:monday", [("invalid_value", "monday")]),
        ("started>99999w started>-99999w", []),
        ("started:me", [("invalid_value", "me")]),
        ("started:today..yesterday", [("invalid_value", "yesterday")]),
        ("site:me", [("unknown_value", "me")]),
    ],
)
def test_unknown_parts_are_left_out_with_the_reason(text: str, parts: list[tuple[str, str | None]]) -> None:
    assert left_out(text) == parts


def test_one_of_many_choices_is_found() -> None:
    labels = Choices(Choice(f"l{number}", f"l{number}", f"Label {number}") for number in range(10_000))
    names = ",".join(f'"LABEL {number}"' for number in range(100))
    bound = bind_filter(parse_filter(f"label:{names}"), FilterContext(NOW, LISBON, {"label": labels}), MORE)
    assert bound.is_complete
    assert matches(bound, DEFAULTS | {"label": frozenset({"l99"})})
    assert not matches(bound, DEFAULTS | {"label": frozenset({"l100"})})


def test_me_is_unknown_without_an_operator() -> None:
    assert left_out("to:me") == []
    assert left_out("to:me", me=None) == [("unknown_value", "me")]


def test_operator_without_teams_finds_no_conversation_by_mine() -> None:
    bound = bind_filter(parse_filter("team:mine"), FilterContext(NOW, LISBON))
    assert bound.is_complete
    assert [matches(bound, DEFAULTS | {"team": team}) for team in (None, "t1")] == [False, False]


def test_rest_of_the_filter_is_evaluated() -> None:
    bound = bind("open guests>=50 (team:gone|number:1|vip:yes) (a|b)")
    assert len(bound.left_out) == 5
    assert matches(bound, DEFAULTS)
    assert not matches(bound, DEFAULTS | {"number": 2})
    assert not matches(bound, DEFAULTS | {"status": "closed"})


def test_left_out_alternative_does_not_match() -> None:
    bound = bind("guests>=50|closed")
    assert not bound.is_complete
    assert [matches(bound, DEFAULTS | {"status": status}) for status in ("open", "closed")] == [False, True]


@pytest.mark.parametrize("text", ["guests>=50", "guests>=50|vip:yes", "(a|b)"])
def test_filter_without_known_conditions_selects_everything(text: str) -> None:
    bound = bind(text)
    assert not bound.is_complete
    assert matches(bound, DEFAULTS)


def test_negated_condition_with_an_unknown_value_is_left_out() -> None:
    assert matches(bind("-team:gone"), DEFAULTS)
    assert not matches(bind("-team:gone,none"), DEFAULTS)


def test_filter_keeps_the_parts_that_are_left_out() -> None:
    group = parse_filter("open guests>=50")
    bound = bind_filter(group, FilterContext(NOW, LISBON))
    assert bound.group == BoundGroup("all", (BoundCondition(FIELDS["status"], frozenset({"open"})),))
    assert bound.left_out[0].condition == group.items[1]
    assert print_filter(group) == "open guests>=50"
