"""The SQL conditions of a scope select the same as its predicate, on each database."""

from itertools import chain, combinations, product

import pytest
from sqlalchemy import Connection, insert, select, update

from crumbless.accounts.operator_store import add_operator, find_operator
from crumbless.conversations.conversation_store import add_conversation, raise_seen_mark, site_and_team_of
from crumbless.conversations.inbox_read import conversation_summary, inbox_page, seen_marks_since
from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, now_ms
from crumbless.database.database import write_once
from crumbless.ledger.entry import Appended
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_open import open_writer
from crumbless.ledger.tables import conversation, team
from crumbless.ledger.timeline_read import entries_after_position
from crumbless.people.scope_store import drop_team_from_scopes, set_scope
from crumbless.people.team_store import find_team
from crumbless.protocol.timeline import SeenMarks
from crumbless.realtime.scope_read import read_scope
from crumbless.realtime.session_store import add_session, find_session
from crumbless.realtime.tables import operator
from crumbless.security.access import OPERATOR_ROLES, Session
from crumbless.security.visibility import UNLIMITED_ROLES, Scope, is_visible, visible
from crumbless.sites.site_store import add_site, find_own_site, find_site, list_sites
from crumbless.visitors.ban_store import find_ban_target
from crumbless.visitors.visitor_store import add_visitor
from support.value_make import make_entry, make_operator_session, make_session

TEAMS = ("team-1", "team-2")
Place = tuple[int, str | None]


def subsets(of: tuple[object, ...]) -> list[frozenset[object]]:
    return [frozenset(one) for one in chain.from_iterable(combinations(of, size) for size in range(len(of) + 1))]


@pytest.fixture
def places(any_url: str) -> dict[str, Place]:
    """Return the site and the team of a conversation of each kind, all in workspace 1, each with one message."""

    def put_in(connection: Connection) -> dict[str, Place]:
        for key in ("site-3", "site-4"):
            add_site(connection, 1, key, key, [])
        for one in TEAMS:
            connection.execute(insert(team).values(id=one, workspace_id=1, name=one, created_at=now_ms()))
        made: dict[str, Place] = {}
        for number, (key, of_team) in enumerate(product(("site-3", "site-4"), (None, *TEAMS))):
            site = find_site(connection, key)
            assert site is not None
            add_visitor(connection, site, f"v-{number}", None)
            name = new_id()
            add_conversation(connection, site, f"v-{number}", name)
            connection.execute(update(conversation).where(conversation.c.id == name).values(team_id=of_team))
            made[name] = (site.id, of_team)
        return made

    made = write_once(any_url, put_in)
    writer = open_writer(any_url)
    writer.commit([WriteRequest(make_entry(conversation=one), None, lambda _outcome: None) for one in made])
    writer.close()
    return made


def scopes(places: dict[str, Place]) -> list[Scope | None]:
    sites = tuple(sorted({site for site, _ in places.values()}))
    return [None, *(Scope(*one) for one in product(subsets(sites), subsets(TEAMS)))]  # pyright: ignore[reportArgumentType]


def test_reads_of_conversations_agree_with_the_predicate(any_url: str, places: dict[str, Place]) -> None:
    def check(connection: Connection) -> None:
        for one in places:
            raise_seen_mark(connection, 1, one, "operator", 1, None)
        for scope in scopes(places):
            wanted = {name for name, place in places.items() if is_visible(scope, *place)}
            page = inbox_page(connection, 1, None, 50, scope=scope)
            listed = {row.id for row in page.conversations}
            waiting = inbox_page(connection, 1, page.position + 1, 50, "open", waiting=True, scope=scope)
            entries = entries_after_position(connection, 1, 0, 50, scope)
            marks = dict(seen_marks_since(connection, 1, 0, scope))
            # The prepared database has another conversation in the workspace, which has no entry.
            assert listed & {*places} == wanted
            assert {row.id for row in waiting.conversations} == wanted
            assert {one.entry.conversation for one in entries} == wanted
            assert [one.position for one in entries] == sorted(one.position for one in entries)
            assert {(one.entry.conversation, one.site, one.team) for one in entries} == {
                (name, *places[name]) for name in wanted
            }
            assert {name for name, mark in marks.items() if mark == SeenMarks(0, 1)} == wanted
            for name in places:
                seen = name in wanted
                assert (conversation_summary(connection, 1, name, scope) is not None) == seen
                assert (find_ban_target(connection, 1, name, scope) is not None) == seen
                check_commands(connection, name, scope, seen)

    def check_commands(connection: Connection, name: str, scope: Scope | None, seen: bool) -> None:
        if seen:
            assert site_and_team_of(connection, 1, name, scope) == places[name]
            assert raise_seen_mark(connection, 1, name, "operator", 1, scope) is None, "it exists already"
            return
        for refused in (
            lambda: site_and_team_of(connection, 1, name, scope),
            lambda: raise_seen_mark(connection, 1, name, "operator", 1, scope),
        ):
            with pytest.raises(ApiError, match="unknown_conversation"):
                refused()

    write_once(any_url, check)


def test_sites_and_teams_agree_with_the_lists(any_url: str, places: dict[str, Place]) -> None:
    def check(connection: Connection) -> None:
        every = list_sites(connection, 1, None)
        assert len(every) == 3, "the premise"
        keys = {found.id: found.key for key in ("site-1", "site-3", "site-4") if (found := find_site(connection, key))}
        for scope in scopes(places):
            if scope is None:
                continue
            assert {one.key for one in list_sites(connection, 1, scope)} == {keys[one] for one in scope.sites}
            for site, key in keys.items():
                if site in scope.sites:
                    assert find_own_site(connection, 1, key, scope).key == key
                else:
                    with pytest.raises(ApiError, match="not_found"):
                        find_own_site(connection, 1, key, scope)
            for one in TEAMS:
                if one in scope.teams:
                    assert find_team(connection, 1, one, scope).id == one
                else:
                    with pytest.raises(ApiError, match="not_found"):
                        find_team(connection, 1, one, scope)

    write_once(any_url, check)


def session_of(connection: Connection, operator_id: str, token: bytes) -> Session:
    add_session(connection, make_operator_session(subject=operator_id, role="operator"), token)
    found = find_session(connection, token)
    assert found is not None
    return found


def test_session_has_the_stored_list(any_url: str, places: dict[str, Place]) -> None:
    sites = frozenset(site for site, _ in places.values())

    def check(connection: Connection) -> None:
        olga = add_operator(connection, 1, "olga@tea.example", "Olga", "", "operator")
        assert visible(session_of(connection, olga, b"1")) is None
        scope = Scope(sites, frozenset(TEAMS[:1]))
        set_scope(connection, 1, olga, scope)
        assert visible(session_of(connection, olga, b"2")) == scope
        found = find_operator(connection, olga)
        assert found is not None
        assert found.scope > 0
        set_scope(connection, 1, olga, Scope())
        assert visible(session_of(connection, olga, b"3")) == Scope(), "an empty list is not the whole workspace"
        set_scope(connection, 1, olga, None)
        assert visible(session_of(connection, olga, b"4")) is None
        found = find_operator(connection, olga)
        assert found is not None
        assert found.scope == 0

    write_once(any_url, check)


def test_removed_team_leaves_the_lists_and_an_empty_list_stays_a_list(any_url: str, places: dict[str, Place]) -> None:
    def check(connection: Connection) -> None:
        olga = add_operator(connection, 1, "olga@tea.example", "Olga", "", "operator")
        set_scope(connection, 1, olga, Scope(teams=frozenset(TEAMS[:1])))
        changed = select(operator.c.changed_at).where(operator.c.id == olga)
        connection.execute(update(operator).values(changed_at=0))
        drop_team_from_scopes(connection, TEAMS[1])
        assert connection.execute(changed).scalar_one() == 0, "the premise: other teams do not matter"
        drop_team_from_scopes(connection, TEAMS[0])
        assert connection.execute(changed).scalar_one() > 0, "nodes look for it, and end the operator's streams"
        assert read_scope(connection, olga) == Scope()
        assert visible(session_of(connection, olga, b"1")) == Scope()

    write_once(any_url, check)


@pytest.mark.parametrize("role", OPERATOR_ROLES)
def test_owners_and_admins_see_everything_with_any_stored_list(role: str) -> None:
    scope = visible(make_operator_session(role=role, scope=Scope(frozenset({1}))))
    assert (scope is None) == (role in UNLIMITED_ROLES) == (role in {"owner", "admin"})


def test_session_whose_list_was_not_read_sees_nothing() -> None:
    assert visible(make_operator_session(role="operator")) == Scope()
    assert visible(make_session()) is None, "a visitor's conversation is checked by other code"
    entry = make_entry()
    assert not is_visible(Scope(frozenset({1})), Appended(entry, 1, 1, 1, repeat=False).site, None)
