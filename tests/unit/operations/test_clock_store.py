"""A process begins with the time that its machine knows, independent of the wall clock at that moment."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, insert, select

from crumbless.core import ids
from crumbless.core.ids import confirmed_ms, new_id, now_ms
from crumbless.core.steady_clock import SteadyClock, elapsed_ms, read_machine
from crumbless.core.time_units import DAY_MS, MINUTE_MS
from crumbless.database.database import write_once
from crumbless.ledger.tables import task
from crumbless.operations import clock_store
from crumbless.operations.clock_store import advance_witness, begin_clock
from crumbless.realtime.tables import session

MINUTE, DAY = MINUTE_MS, DAY_MS
JUMPS = [sign * by for by in (10 * MINUTE, DAY, 8 * DAY, 365 * DAY) for sign in (1, -1)]

Restart = Callable[..., None]


@pytest.fixture
def restart(any_url: str, monkeypatch: pytest.MonkeyPatch) -> Restart:
    """Begin a process on the database, with a wall clock that is wrong by `error`."""

    def begin(error: int = 0, machine: str = "") -> None:
        def wrong_clock(_: object) -> int:
            return read_machine()[0] + error

        monkeypatch.setattr(clock_store, "database_clock", wrong_clock)
        if machine:
            monkeypatch.setattr(clock_store, "_BOOT", machine)
        wall, elapsed = read_machine()
        ids.steady = SteadyClock(wall + error, elapsed)
        begin_clock(any_url)

    return begin


def error_of(time: int) -> int:
    """Return by how much a time is wrong, in whole minutes."""
    return round((time - read_machine()[0]) / MINUTE) * MINUTE


@pytest.mark.parametrize("jump", JUMPS)
def test_jump_between_two_starts_on_a_running_machine_is_detected(restart: Restart, jump: int) -> None:
    restart()
    assert error_of(now_ms()) == 0
    restart(jump)
    assert error_of(now_ms()) == 0
    assert error_of(confirmed_ms()) == 0


@pytest.mark.parametrize("jump", [jump for jump in JUMPS if jump > 0])
def test_clock_ahead_after_a_reboot_confirms_nothing(restart: Restart, jump: int) -> None:
    restart()
    restart(jump, machine="another run")
    assert error_of(now_ms()) == jump
    assert error_of(confirmed_ms()) == 0


@pytest.mark.parametrize("jump", [jump for jump in JUMPS if jump < 0])
def test_clock_behind_after_a_reboot_is_known_to_be_wrong(restart: Restart, jump: int) -> None:
    restart()
    restart(jump, machine="another run")
    assert error_of(now_ms()) == 0
    assert error_of(confirmed_ms()) == 0


def test_installation_without_a_witness_has_seen_the_time_up_to_its_last_use(any_url: str, restart: Restart) -> None:
    used = {"created_at": 0, "expires_at": 2**50, "last_seen_at": now_ms() - 3 * DAY}

    def put_in(connection: Connection) -> None:
        connection.execute(insert(session).values(id=new_id(), workspace_id=1, token_hash=b"x", **used))

    write_once(any_url, put_in)
    restart(365 * DAY)
    assert error_of(confirmed_ms()) == -3 * DAY


def test_nothing_is_deleted_before_the_time_of_the_databases_own_clock(any_url: str, restart: Restart) -> None:
    restart()
    restart(-8 * DAY)
    assert error_of(write_once(any_url, advance_witness)) == -8 * DAY


def test_witness_is_one_row_with_times_only(any_url: str, restart: Restart) -> None:
    for number in range(3):
        restart(machine=f"run {number}")
    [row] = write_once(any_url, lambda connection: connection.execute(select(task)).all())
    assert (row.id, row.kind, row.dead_at) == (-1, "retention", None)
    assert set(row.payload["marks"]) == {"run 0", "run 1", "run 2"}
    assert elapsed_ms() - row.payload["marks"]["run 2"]["elapsed"] < 10 * MINUTE
