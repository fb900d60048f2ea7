"""The last use of a session and its listing, with clocks that are wrong."""

import pytest
from sqlalchemy import Connection, insert, select

from crumbless.accounts.operator_store import add_operator
from crumbless.accounts.session_list_store import note_seen, sessions_of
from crumbless.core import ids
from crumbless.core.ids import now_ms
from crumbless.core.steady_clock import read_machine
from crumbless.core.time_units import DAY_MS, HOUR_MS
from crumbless.database.database import write_once
from crumbless.realtime.tables import session
from crumbless.visitors.ban_store import NewBan, add_bans, current_bans, read_ban_list

AHEAD = [600_000, DAY_MS, 8 * DAY_MS, 365 * DAY_MS]


@pytest.fixture
def operator(any_url: str) -> str:
    """Insert an operator with one session, which was used now and expires in five minutes."""

    def put_in(connection: Connection) -> str:
        olga = add_operator(connection, 1, "olga@tea.example", "Olga", "", "owner")
        times = {"created_at": now_ms(), "last_seen_at": now_ms(), "expires_at": now_ms() + 300_000}
        connection.execute(insert(session).values(id="one", workspace_id=1, operator_id=olga, token_hash=b"x", **times))
        return olga

    return write_once(any_url, put_in)


def seen_at(any_url: str) -> int:
    return write_once(any_url, lambda connection: connection.execute(select(session.c.last_seen_at)).scalar_one())


def note(any_url: str, at: int) -> int:
    write_once(any_url, lambda connection: note_seen(connection, ["one"], at))
    return seen_at(any_url)


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("ahead", AHEAD)
def test_use_in_the_future_is_replaced(any_url: str, ahead: int) -> None:
    at = now_ms()
    assert note(any_url, at + HOUR_MS + ahead) == at + HOUR_MS + ahead
    assert note(any_url, at) == at


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("back", AHEAD)
def test_clock_set_back_for_good_replaces_no_later_use(any_url: str, back: int) -> None:
    at = seen_at(any_url)
    wall, elapsed = read_machine()
    ids.steady.see(wall, elapsed)
    ids.steady.begin(wall - back, elapsed)
    assert note(any_url, now_ms()) == at
    ids.steady.begin(wall, elapsed)
    assert note(any_url, at + 1) == at + 1


@pytest.mark.parametrize("ahead", AHEAD)
def test_confirmed_clock_jump_neither_ends_sessions_nor_lifts_bans(any_url: str, operator: str, ahead: int) -> None:
    ban = NewBan("visitor", "someone", "Someone", now_ms() + 300_000)
    write_once(any_url, lambda connection: add_bans(connection, 1, [ban], "", operator))
    wall, elapsed = read_machine()

    def found() -> tuple[int, int, bool]:
        def read(connection: Connection) -> tuple[int, int, bool]:
            listed = sessions_of(connection, operator, 0)
            return len(listed), len(current_bans(connection, 1)), bool(read_ban_list(connection).bans)

        return write_once(any_url, read)

    ids.steady.see(wall, elapsed)
    ids.steady.begin(wall + ahead, elapsed)
    assert found() == (1, 1, True)
    ids.steady.see(wall + ahead, elapsed)
    assert found() == (0, 0, False), "both witnesses confirm it"
