"""SQL and memory select the same conversations, on each database."""

import random
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, select, update

from crumbless.conversations.conversation_store import add_conversation
from crumbless.core.ids import new_id
from crumbless.core.time_units import DAY_MS, HOUR_MS, MINUTE_MS
from crumbless.database.database import write_once
from crumbless.filters.filter_bind import BoundFilter, Choice, Choices, FilterContext, bind_filter
from crumbless.filters.filter_fields import FIELDS, Field
from crumbless.filters.filter_match import Property, matches
from crumbless.filters.filter_parse import parse_filter
from crumbless.filters.filter_sql import filter_condition
from crumbless.filters.filter_syntax import Condition, Group, Operator, Value, print_filter
from crumbless.ledger.tables import conversation
from crumbless.sites.site_store import add_site, find_site
from crumbless.visitors.visitor_store import add_visitor

NOW = 1_795_966_220_000
ROWS = 60
FILTERS = 200

LABELS = Table(
    "filter_label", MetaData(), Column("conversation_no", Integer, nullable=False), Column("label_id", String(36))
)
"""A set of choices, as labels will be."""

TABLES = {**conversation.metadata.tables, LABELS.name: LABELS}
MORE = {**FIELDS, "label": Field("label", "choices", "filter_label.label_id", nullable=True)}
NAMES = ("team-1", "team-2", "label-1", "label-2", "label-3")

Row = dict[str, Property]


def store_rows(connection: Connection, dice: random.Random) -> tuple[dict[str, Row], list[int], dict[str, Choices]]:
    """Store random conversations. Return their properties by ID, their sites, and the choices of the fields."""
    LABELS.create(connection)
    sites: list[Choice] = []
    for key in ("site-3", "site-4"):
        add_site(connection, 1, key, key, [])
        site = find_site(connection, key)
        assert site is not None
        sites.append(Choice(site.id, key, key))
        add_visitor(connection, site, f"of-{key}", None)
    rows: dict[str, Row] = {}
    for _ in range(ROWS):
        choice = dice.choice(sites)
        site = find_site(connection, choice.id)
        assert site is not None
        name = new_id()
        add_conversation(connection, site, f"of-{choice.id}", name)
        values = {
            "status": dice.choice(("open", "snoozed", "closed")),
            "team_id": dice.choice((None, "team-1", "team-2")),
            "waiting_since": dice.choice((None, NOW - 10 * MINUTE_MS, NOW - dice.randrange(3 * HOUR_MS))),
            "started_at": NOW - dice.randrange(-DAY_MS, 4 * DAY_MS),
        }
        connection.execute(update(conversation).where(conversation.c.id == name).values(values))
        labels = frozenset(label for label in NAMES[2:] if dice.random() < 0.4)
        own = connection.execute(select(conversation).where(conversation.c.id == name)).one()
        for label in labels:
            connection.execute(insert(LABELS).values(conversation_no=own.no, label_id=label))
        rows[name] = {
            "status": values["status"],
            "site": choice.stored,
            "team": values["team_id"],
            "wait": values["waiting_since"],
            "started": values["started_at"],
            "number": own.number,
            "label": labels,
        }
    teams, labels = ([Choice(one, one, one) for one in NAMES if one.startswith(kind)] for kind in ("team", "label"))
    choices = {"site": Choices(sites), "team": Choices(teams), "label": Choices(labels)}
    return rows, [int(one.stored) for one in sites], choices


NONE = Value("none", keyword=True)
VALUES: dict[str, list[Value]] = {
    "status": [*map(Value, ("open", "closed", "snoozed", "gone"))],
    "site": [*map(Value, ("site-3", "site-4", "gone"))],
    "team": [*map(Value, ("team-1", "team-2", "gone")), NONE, Value("mine", keyword=True)],
    "wait": [*map(Value, ("5m", "10m", "1h", "2h", "1d", "x"))],
    "started": [*map(Value, ("-1d", "-36h", "1h", "2026-11-28", "2026-11-27")), Value("today", keyword=True)],
    "number": [*map(Value, ("12", "30", "55", "-1", "9007199254740992", "9999999999"))],
    "label": [*map(Value, NAMES[2:]), Value("gone"), NONE],
    "guests": [Value("50")],
}
COMPARISONS: tuple[Operator, ...] = (":", "=", "<", "<=", ">", ">=")


def random_condition(dice: random.Random) -> Condition:
    field = dice.choice([*VALUES])
    values = [*VALUES[field], *([NONE] if field == "wait" else [])]
    kind = dice.random()
    if field in {"wait", "started", "number"} and kind < 0.3:
        return Condition(field, "..", tuple(dice.choices(VALUES[field], k=2)), dice.random() < 0.3)
    if field == "label" and kind < 0.4:
        return Condition(field, "&", tuple(dice.choices(values, k=2)), dice.random() < 0.3)
    operator = dice.choice(COMPARISONS) if field in {"wait", "started", "number"} else ":"
    count = dice.randint(1, 3) if operator == ":" else 1
    return Condition(field, operator, tuple(dice.choices(values, k=count)), dice.random() < 0.3)


def random_filter(dice: random.Random) -> Group:
    joint = dice.choice(("all", "any"))
    other = "any" if joint == "all" else "all"
    items: list[Condition | Group] = [random_condition(dice) for _ in range(dice.randint(0, 3))]
    if items and dice.random() < 0.5:
        items.append(Group(other, (random_condition(dice), random_condition(dice))))
    return Group(joint if len(items) > 1 else "all", tuple(items))


def selected(connection: Connection, bound: BoundFilter, own: Sequence[int]) -> set[str]:
    condition = filter_condition(bound, TABLES)
    query = select(conversation.c.id).where(conversation.c.site_id.in_(own), condition)
    return {*connection.execute(query).scalars()}


@pytest.mark.parametrize("seed", [1, 2])
def test_sql_and_memory_select_the_same(any_url: str, seed: int) -> None:
    dice = random.Random(seed)

    def check(connection: Connection) -> tuple[int, int]:
        rows, own, choices = store_rows(connection, dice)
        some = incomplete = 0
        for _ in range(FILTERS):
            zone = ZoneInfo(dice.choice(("Europe/Lisbon", "Asia/Kathmandu", "America/St_Johns")))
            group = random_filter(dice)
            bound = bind_filter(group, FilterContext(NOW, zone, choices, mine=("team-1",)), MORE)
            wanted = {name for name, row in rows.items() if matches(bound, row)}
            assert selected(connection, bound, own) == wanted, print_filter(group)
            assert parse_filter(print_filter(group)) == group
            some += 0 < len(wanted) < ROWS
            incomplete += not bound.is_complete
        return some, incomplete

    some, incomplete = write_once(any_url, check)
    assert some > FILTERS / 3, "most filters must select a part"
    assert incomplete > FILTERS / 20


def test_columns_of_all_fields_exist() -> None:
    for field in FIELDS.values():
        table, _, name = field.column.partition(".")
        column = conversation.metadata.tables[table].c[name]
        assert column.nullable == field.nullable


def test_condition_is_plain_so_that_indexes_serve_it() -> None:
    """A condition on a required column is plain, so that the index of statuses serves it."""
    bound = bind_filter(parse_filter("open wait>10m"), FilterContext(NOW, ZoneInfo("Europe/Lisbon")))
    text = str(filter_condition(bound).compile(compile_kwargs={"literal_binds": True}))
    assert text == (
        "conversation.status IN ('open') AND conversation.waiting_since IS NOT NULL"
        f" AND conversation.waiting_since < {NOW - 10 * MINUTE_MS}"
    )
