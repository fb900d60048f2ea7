"""Measures the cost of reads when the database has grown a hundredfold: the same reads, the same code, two sizes.

The filler writes rows through SQL as the ledger would have left them; it does not pass through it.
"""

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import msgspec
from sqlalchemy import Connection, text

from crumbless.conversations.inbox_read import conversation_summary, inbox_page
from crumbless.database.database import write_once
from crumbless.ledger.timeline_read import entries_after_position, entries_before_seq
from seed_crumbless import Layout, seed_url
from stack_crumbless import migrate_database
from support.postgres import PostgresServer
from support.server import TEST_KEY

ENTRIES_EACH = 20
SMALL, LARGE = 5_000, 500_000
"""Conversations; each has twenty entries, so that there are 100,000 and 10,000,000 of those."""

SAMPLES = 200
CHUNK = 5_000

_CONVERSATIONS = """
INSERT INTO conversation (no, number, id, workspace_id, site_id, visitor_id, status, last_seq, position, visitor_seen,
  operator_seen, seen_position, started_at)
SELECT n, n, {id_of_n}, :workspace, :site, {id_of_visitor}, CASE n % 3 WHEN 0 THEN 'closed' ELSE 'open' END, {each},
  (n - {first}) * {each} + {base}, 1, 1, 0, 1790000000000 + n
FROM {numbers}
"""

_VISITORS = """
INSERT INTO visitor (id, workspace_id, site_id, name, created_at)
SELECT {id_of_visitor}, :workspace, :site, '', 1790000000000 + n
FROM {numbers}
"""

MESSAGE = '{"text":"The parcel was promised for Tuesday, number '

_ENTRIES = """
INSERT INTO entry (workspace_id, position, conversation_no, seq, id, at, kind, author_kind, author_id, author_name,
  visitor_seq, data)
SELECT :workspace, (n - {first}) * {each} + s + {base}, n, s + 1, {id_of_entry}, 1790000000000 + n, 'message',
  'visitor', {id_of_visitor}, '', s + 1,
  {data}
FROM {numbers} CROSS JOIN {seqs}
"""


class Growth(msgspec.Struct, frozen=True):
    """Median time of one read in milliseconds, by its name: with few entries, and with a hundred times as many."""

    database: str
    small: dict[str, float]
    large: dict[str, float]


def measure_growth(report: Callable[[str], None], *, quick: bool) -> list[Growth]:
    """Both databases. `quick`: a tenth of the size, a look and not a result."""
    large = LARGE // 10 if quick else LARGE
    with tempfile.TemporaryDirectory() as name:
        sqlite = _measure("SQLite", lambda size: f"sqlite:///{Path(name) / f'{size}.db'}", large, report)
    postgres = PostgresServer()
    postgres.start()
    try:
        return [sqlite, _measure("PostgreSQL", lambda _size: postgres.new_database(), large, report)]
    finally:
        postgres.dispose()


def _measure(name: str, url_for: Callable[[int], str], large: int, report: Callable[[str], None]) -> Growth:
    found: list[dict[str, float]] = []
    for size in (SMALL, large):
        report(f"{name}: {size * ENTRIES_EACH:,} entries")
        url = url_for(size)
        migrate_database({"CRUMBLESS_DATABASE_URL": url, "CRUMBLESS_SECRET_KEY": TEST_KEY})
        seed_url(url, Layout(1, 1, 1), "https://shop.example")
        conversations = fill(url, size)
        found.append(_read_all(url, conversations, size))
    return Growth(name, *found)


def fill(url: str, size: int) -> Sequence[str]:
    """Put `size` conversations into the database; the ids of some of them."""
    for start in range(0, size, CHUNK):
        write_once(url, lambda connection, start=start: _fill_chunk(connection, start, min(CHUNK, size - start)))
    write_once(url, lambda connection: _finish(connection, size))
    dice = random.Random(1)
    return [_id_of(dice.randrange(size) + 10) for _ in range(SAMPLES)]


def _id_of(number: int) -> str:
    return f"c0000000-0000-7000-8000-{number:012x}"


def _fill_chunk(connection: Connection, start: int, count: int) -> None:
    first = start + 10
    values = dict(connection.execute(text("SELECT workspace_id AS workspace, id AS site FROM site")).mappings().one())
    if connection.dialect.name == "sqlite":
        numbers = (
            f"(WITH RECURSIVE c(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM c LIMIT {count}) SELECT n FROM c)"
        )
        seqs = f"(WITH RECURSIVE c(s) AS (SELECT 0 UNION ALL SELECT s + 1 FROM c LIMIT {ENTRIES_EACH}) SELECT s FROM c)"
        id_of_n = "printf('c0000000-0000-7000-8000-%012x', n)"
        id_of_entry = f"printf('e0000000-0000-7000-8000-%012x', n * {ENTRIES_EACH} + s)"
    else:
        numbers = f"generate_series({first}, {first + count - 1}) AS n"
        seqs = f"generate_series(0, {ENTRIES_EACH - 1}) AS s"
        id_of_n = "'c0000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0')"
        id_of_entry = f"'e0000000-0000-7000-8000-' || lpad(to_hex(n::bigint * {ENTRIES_EACH} + s), 12, '0')"
    parts = {
        "numbers": numbers,
        "seqs": seqs,
        "id_of_n": id_of_n,
        "id_of_visitor": id_of_n.replace("'c0", "'a0"),
        "id_of_entry": id_of_entry,
        "data": f"'{MESSAGE}' || n || '\"}}'",
        "each": ENTRIES_EACH,
        "first": first,
    }
    begin = start * ENTRIES_EACH
    connection.execute(text(_VISITORS.format(**parts)), values)
    connection.execute(text(_CONVERSATIONS.format(**parts, base=begin + ENTRIES_EACH)), values)
    connection.execute(text(_ENTRIES.format(**parts, base=begin + 1)), values)


def _finish(connection: Connection, size: int) -> None:
    connection.execute(text("UPDATE workspace SET position = :position"), {"position": size * ENTRIES_EACH})
    connection.execute(text("ANALYZE"))


def _read_all(url: str, conversations: Sequence[str], size: int) -> dict[str, float]:
    dice = random.Random(2)
    workspace: int = write_once(url, lambda c: c.execute(text("SELECT id FROM workspace")).scalar_one())
    positions = [dice.randrange(size * ENTRIES_EACH - 200) for _ in range(SAMPLES)]

    def time_all(connection: Connection) -> dict[str, float]:
        reads: dict[str, Callable[[int], object]] = {
            "open a conversation": lambda n: (
                conversation_summary(connection, workspace, conversations[n], None),
                entries_before_seq(connection, workspace, conversations[n], None, 100),
            ),
            "first page of the inbox": lambda _n: inbox_page(connection, workspace, None, 50, scope=None),
            "first page of a rare status": lambda _n: inbox_page(
                connection, workspace, None, 50, "snoozed", scope=None
            ),
            "first page of who waits": lambda _n: inbox_page(connection, workspace, None, 50, waiting=True, scope=None),
            "sync from a position": lambda n: entries_after_position(connection, workspace, positions[n], 100, None),
        }
        return {name: _time(read) for name, read in reads.items()}

    return write_once(url, time_all)


def _time(read: Callable[[int], object]) -> float:
    times: list[float] = []
    for number in range(SAMPLES):
        began = time.perf_counter()
        read(number)
        times.append((time.perf_counter() - began) * 1000)
    return median(times)
