"""Retention deletes expired rows in small batches, and no others."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import pytest
from sqlalchemy import Connection, func, insert, select, true, update

from crumbless.accounts.operator_store import add_operator
from crumbless.accounts.tables import known_network, one_time_token
from crumbless.audit_log.tables import audit_log
from crumbless.consent.tables import consent_receipt
from crumbless.core import ids
from crumbless.core.ids import new_id, now_ms
from crumbless.core.metrics import RetentionMetrics
from crumbless.core.settings import RetentionSettings
from crumbless.core.steady_clock import elapsed_ms
from crumbless.core.time_units import DAY_MS
from crumbless.database.database import write_once
from crumbless.ledger.ledger_port import Erasure, LedgerPort, ReaderPort
from crumbless.ledger.tables import task
from crumbless.operations import clock_store, retention_sweep
from crumbless.operations.clock_store import begin_clock
from crumbless.operations.retention_sweep import BATCH, EVERY_MS, SOON_MS, RetentionSweep, rules_of
from crumbless.realtime.tables import session, visitor
from crumbless.retention.retention_run import RetentionRun
from crumbless.tasks.task import Task
from crumbless.visitors.tables import ban

T = TypeVar("T")
TASK = Task(-1, None, "retention", {}, None, 1, 0)
DAYS = {"receipts": 1095, "audit": 730, "sessions": 30, "tickets": 2, "tasks": 30, "networks": 30, "hashes": 1}
"""The defaults of docs/settings.md, and the fixed periods of server_data.toml."""


class Disk:
    """A ledger without threads, which counts its transactions."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.writes = 0

    async def write(self, operation: Callable[[Connection], T]) -> T:
        self.writes += 1
        return write_once(self.url, operation)

    async def erase(self, operation: Callable[[Connection], Erasure[T]], workspace: int) -> T:
        return (await self.write(operation)).result

    async def read(self, operation: Callable[[Connection], T]) -> T:
        return write_once(self.url, operation)


def receipt(at: int) -> dict[str, object]:
    name = new_id()[-22:]
    row: dict[str, object] = {"workspace_id": 1, "site_id": 1, "receipt": name, "receipt_chain": name, "at": at}
    row |= {"analytics": 1, "marketing": 0, "revision": 1, "services": list[str]()}
    return row | {"source": "api", "language": "en", "text_digest": "x", "signature": "x"}


def put_in(connection: Connection, days: dict[str, float]) -> None:
    """Insert one row of each kind, so many days old."""
    at = {name: int(now_ms() - age * DAY_MS) for name, age in days.items()}
    connection.execute(insert(consent_receipt).values(**receipt(at["receipts"])))
    texts = dict.fromkeys(("actor_kind", "actor_id", "actor_name", "action"), "")
    targets = dict.fromkeys(("target_kind", "target_id", "target_name"), "")
    connection.execute(insert(audit_log).values(workspace_id=1, at=at["audit"], details={}, **texts, **targets))
    for moment in ({"ended_at": at["sessions"], "expires_at": 2**50}, {"ended_at": None, "expires_at": at["sessions"]}):
        connection.execute(
            insert(session).values(id=new_id(), workspace_id=1, token_hash=new_id().encode(), created_at=0, **moment)
        )
    connection.execute(
        insert(one_time_token).values(id=new_id(), kind="reset", data={}, created_at=0, expires_at=at["tickets"])
    )
    connection.execute(insert(task).values(kind="mail", payload={}, due_at=0, created_at=0, dead_at=at["tasks"]))
    operator_id = add_operator(connection, 1, f"{new_id()}@tea.example", "Olga", "")
    network: dict[str, object] = {"workspace_id": 1, "operator_id": operator_id, "network_hash": new_id()}
    connection.execute(insert(known_network).values(seen_at=at["networks"], **network))
    hashed: dict[str, object] = {"id": new_id(), "workspace_id": 1, "site_id": 1, "network_hash": new_id()}
    connection.execute(insert(visitor).values(created_at=0, network_seen_at=at["hashes"], **hashed))


def remaining_rows(url: str) -> dict[str, int]:
    tables = {
        "receipts": consent_receipt,
        "audit": audit_log,
        "sessions": session,
        "tickets": one_time_token,
        "tasks": task,
    }
    tables["networks"] = known_network

    def count(connection: Connection) -> dict[str, int]:
        # A run adds an entry to the audit log.
        others = {audit_log: audit_log.c.action == ""}
        counted = {
            name: connection.execute(
                select(func.count()).select_from(table).where(others.get(table, true()))
            ).scalar_one()
            for name, table in tables.items()
        }
        # count() of a column leaves out the rows that have no value in it.
        hashes = connection.execute(select(func.count(visitor.c.network_hash))).scalar_one()
        assert hashes == connection.execute(select(func.count(visitor.c.network_seen_at))).scalar_one()
        return counted | {"hashes": hashes}

    return write_once(url, count)


async def delete_expired(disk: Disk) -> int:
    """Run the nightly deletion, then the hourly sweep. Return when the sweep is due again."""
    parts = cast(LedgerPort, disk), cast(ReaderPort, disk), RetentionMetrics()
    await RetentionRun(RetentionSettings(), *parts)(TASK)
    return await sweep(disk)


async def sweep(disk: Disk, **settings: Any) -> int:
    return await RetentionSweep(rules_of(RetentionSettings(**settings)), cast(LedgerPort, disk))(TASK)


async def test_retention_deletes_only_expired_rows(database_url: str) -> None:
    disk = Disk(database_url)
    write_once(database_url, lambda connection: put_in(connection, {name: days + 1.0 for name, days in DAYS.items()}))
    write_once(database_url, lambda connection: put_in(connection, {name: days - 0.5 for name, days in DAYS.items()}))
    both = remaining_rows(database_url)
    assert set(both.values()) == {2, 4}
    assert await delete_expired(disk) > now_ms() + EVERY_MS - 60_000
    assert remaining_rows(database_url) == {name: number // 2 for name, number in both.items()}


async def test_unexpired_and_waiting_rows_are_not_deleted(database_url: str) -> None:
    def put_in_living(connection: Connection) -> None:
        living = {"workspace_id": 1, "token_hash": b"x", "created_at": 0, "expires_at": 2**50}
        connection.execute(insert(session).values(id=new_id(), **living))
        connection.execute(insert(task).values(kind="mail", payload={}, due_at=0, created_at=0))
        connection.execute(
            insert(one_time_token).values(id=new_id(), kind="reset", data={}, created_at=0, expires_at=2**50)
        )

    write_once(database_url, put_in_living)
    before = remaining_rows(database_url)
    await sweep(Disk(database_url), ended_session_days=1, dead_task_days=1, one_time_token_days=1)
    assert remaining_rows(database_url) == before


def ban_row(ends_in: float, lifted_ago: float | None = None) -> dict[str, object]:
    """Return a ban that ends in so many days, or was lifted so many days ago."""
    lifted_at = None if lifted_ago is None else int(now_ms() - lifted_ago * DAY_MS)
    texts = dict.fromkeys(("value", "label", "reason", "created_by"), "")
    row: dict[str, object] = {"id": new_id(), "workspace_id": 1, "kind": "network", "network_hash": "hash"}
    return row | texts | {"created_at": 0, "ends_at": int(now_ms() + ends_in * DAY_MS), "lifted_at": lifted_at}


async def test_ban_is_deleted_with_its_network_hash_once_it_has_ended(any_url: str) -> None:
    in_force = ban_row(ends_in=1)
    rows = [in_force, ban_row(ends_in=-0.01), ban_row(ends_in=1, lifted_ago=0.01)]
    write_once(any_url, lambda connection: connection.execute(insert(ban), rows))
    await sweep(Disk(any_url))
    left = write_once(any_url, lambda connection: [*connection.execute(select(ban.c.id)).scalars()])
    assert left == [in_force["id"]]


async def test_expired_network_hash_leaves_the_visitor(any_url: str) -> None:
    def put_in_visitor(connection: Connection) -> None:
        row = {"id": "vera", "workspace_id": 1, "site_id": 1, "name": "Vera", "network_hash": "hash", "created_at": 0}
        connection.execute(insert(visitor).values(network_seen_at=now_ms() - DAY_MS - 1000, **row))

    write_once(any_url, put_in_visitor)
    await sweep(Disk(any_url))
    columns = visitor.c.name, visitor.c.network_hash, visitor.c.network_seen_at
    query = select(*columns).where(visitor.c.id == "vera")
    assert write_once(any_url, lambda connection: connection.execute(query).one()) == ("Vera", None, None)


async def test_many_rows_are_deleted_in_small_batches(database_url: str) -> None:
    row: dict[str, object] = {"kind": "mail", "payload": {}, "due_at": 0, "created_at": 0, "dead_at": 1}
    rows = [row] * (BATCH * 2 + 1)
    write_once(database_url, lambda connection: connection.execute(insert(task), rows))
    disk = Disk(database_url)
    await sweep(disk)
    assert remaining_rows(database_url)["tasks"] == 0
    assert disk.writes == 1 + 3 + 5, "the witness, three batches of jobs, and one look at each of the others"


async def test_sweep_stops_at_its_time_limit_and_is_due_soon(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_sweep, "LONGEST_SECONDS", 0.0)
    disk = Disk(database_url)
    assert await sweep(disk) <= now_ms() + SOON_MS
    assert disk.writes == 1, "the witness"


JUMPS = [sign * by for by in (600_000, DAY_MS + 600_000, 8 * DAY_MS, 365 * DAY_MS, 4000 * DAY_MS) for sign in (1, -1)]


@pytest.mark.parametrize("jump", JUMPS)
async def test_clock_jump_deletes_nothing(
    database_url: str, jump: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(database_url)
    write_once(database_url, lambda connection: put_in(connection, {name: days - 0.01 for name, days in DAYS.items()}))
    begin_clock(database_url)
    before = remaining_rows(database_url)
    steady, elapsed = ids.steady, elapsed_ms()
    ids.steady.begin(now_ms() + jump, elapsed)
    due_at = await delete_expired(disk)
    assert remaining_rows(database_url) == before
    assert abs(due_at - now_ms() - EVERY_MS) < 600_000, "the sweep is due again in an hour"
    assert ("Deletions by age wait" in caplog.text) is (jump > DAY_MS)
    # The clock is right again, and time passes.
    steady.begin(now_ms() - jump + DAY_MS, elapsed)

    def followed_clock(_: Connection) -> int:
        return now_ms()

    monkeypatch.setattr(clock_store, "database_clock", followed_clock)
    let_time_pass(database_url, DAY_MS)
    await delete_expired(disk)
    assert remaining_rows(database_url) == dict.fromkeys(DAYS, 0) | {"tasks": 1}, "the sweep's own row is not deleted"


def let_time_pass(url: str, passed: int) -> None:
    """Simulate that a machine has measured so much time."""

    def change(connection: Connection) -> None:
        row = connection.execute(select(task.c.payload).where(task.c.id == -1)).scalar_one()
        [mark] = row["marks"].values()
        mark["seen"] += passed
        connection.execute(update(task).where(task.c.id == -1).values(payload=row))

    write_once(url, change)
