"""Daily counters (UTC) of a site. They are computed from the timeline on request, so messages cost nothing extra."""

import datetime

from sqlalchemy import ColumnElement, Connection, case, func, select

from crumbless.consent.tables import site_counter
from crumbless.core.ids import now_ms
from crumbless.core.time_units import DAY_MS
from crumbless.ledger.tables import conversation, entry

COUNTED: tuple[str, ...] = ("chats", "visitor_messages", "operator_messages", "closed")


def day_counters(connection: Connection, workspace_id: int, site_id: int, days: int) -> dict[str, dict[str, int]]:
    """Return the counters of the last `days` days, newest first, by ISO 8601 date. Days without any are left out."""
    first = now_ms() // DAY_MS - days + 1
    day = (entry.c.at // DAY_MS).label("day")
    is_message = entry.c.kind == "message"
    rows = connection.execute(
        select(
            day,
            _how_many(is_message & (entry.c.author_kind == "visitor") & (entry.c.visitor_seq == 1)),
            _how_many(is_message & (entry.c.author_kind == "visitor")),
            _how_many(is_message & (entry.c.author_kind == "operator")),
            _how_many(entry.c.kind == "closed"),
        )
        .join(conversation, conversation.c.no == entry.c.conversation_no)
        .where(entry.c.workspace_id == workspace_id, conversation.c.site_id == site_id, entry.c.at >= first * DAY_MS)
        .group_by(day)
    )
    found = {_iso(row[0]): dict(zip(COUNTED, map(int, row[1:]), strict=True)) for row in rows}
    relayed = select(site_counter.c.day, site_counter.c.name, site_counter.c["count"].label("number")).where(
        site_counter.c.site_id == site_id, site_counter.c.day >= _iso(first)
    )
    for row in connection.execute(relayed):
        found.setdefault(row.day, dict.fromkeys(COUNTED, 0))[row.name] = row.number
    return dict(sorted(found.items(), reverse=True))


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _iso(day: int) -> str:
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).isoformat()
