"""The conversations that a visitor's session reaches."""

import pytest
from sqlalchemy import Connection, update

from crumbless.conversations.conversation_store import add_conversation
from crumbless.conversations.visitor_conversations import conversation_to_show, visitor_conversations
from crumbless.core.errors import ApiError
from crumbless.database.database import write_once
from crumbless.realtime.session_store import add_session, end_sessions
from crumbless.realtime.tables import visitor
from crumbless.security.access import Session
from crumbless.sites.site_store import find_site
from crumbless.visitors import visitor_reach
from crumbless.visitors.contact_store import mark_verified
from crumbless.visitors.visitor_reach import (
    choose_reached,
    find_reaching_session,
    newest_reached,
    newest_reached_by,
    reach_of,
    reach_summaries,
    reaches,
)
from crumbless.visitors.visitor_store import add_visitor
from support.value_make import make_session

PHONE, LAPTOP, STRANGER = "visitor-phone", "visitor-laptop", "visitor-stranger"
FIRST = "01890a5d-ac96-774b-bcce-b30209900001"
SECOND = "01890a5d-ac96-774b-bcce-b30209900002"
OTHER_DEVICE = "01890a5d-ac96-774b-bcce-b30209900003"
FOREIGN = "01890a5d-ac96-774b-bcce-b30209900004"
TOKEN = b"t" * 32


def seed_database(connection: Connection) -> Session:
    """Insert two visitors of one contact, and a third. The first has two conversations and a session."""
    site = find_site(connection, "site-1")
    assert site is not None
    for one in (PHONE, LAPTOP, STRANGER):
        add_visitor(connection, site, one, None)
    for one, conversation in ((PHONE, FIRST), (LAPTOP, OTHER_DEVICE), (STRANGER, FOREIGN), (PHONE, SECOND)):
        add_conversation(connection, site, one, conversation)
    contact = update(visitor).where(visitor.c.id.in_([PHONE, LAPTOP])).values(contact_id="contact")
    connection.execute(contact)
    session = make_session(subject=PHONE)
    add_session(connection, session, TOKEN)
    return session


def test_unverified_session_reaches_its_own_visitor_only(database_url: str) -> None:
    def look(connection: Connection) -> None:
        session = seed_database(connection)
        assert newest_reached(connection, session.id) == (SECOND, FIRST)
        reach = reach_of(connection, session.id)
        assert (reach.visitors, reach.contact) == ([PHONE], None)
        assert [reaches(connection, session.id, one) for one in (FIRST, SECOND)] == [True, True]
        assert [reaches(connection, session.id, one) for one in (OTHER_DEVICE, FOREIGN, "\0")] == [False] * 3
        found = find_reaching_session(connection, TOKEN)
        assert found is not None
        assert found.reach == (SECOND, FIRST)

    write_once(database_url, look)


def test_verified_session_reaches_the_contacts_other_devices(database_url: str) -> None:
    def look(connection: Connection) -> None:
        session = seed_database(connection)
        mark_verified(connection, session.id)
        assert newest_reached(connection, session.id) == (SECOND, OTHER_DEVICE, FIRST)
        reach = reach_of(connection, session.id)
        assert (reach.visitors, reach.contact) == ([LAPTOP, PHONE], "contact")
        assert reaches(connection, session.id, OTHER_DEVICE)
        assert not reaches(connection, session.id, FOREIGN)

    write_once(database_url, look)


def test_verified_session_of_a_visitor_without_contact_reaches_its_own_visitor(database_url: str) -> None:
    """Erasure removes the contact. Visitors without one are not each other's devices."""

    def look(connection: Connection) -> None:
        session = seed_database(connection)
        mark_verified(connection, session.id)
        connection.execute(update(visitor).values(contact_id=None))
        assert newest_reached(connection, session.id) == (SECOND, FIRST)
        assert reach_of(connection, session.id).visitors == [PHONE]

    write_once(database_url, look)


def test_ended_session_reaches_nothing(database_url: str) -> None:
    def look(connection: Connection) -> None:
        session = seed_database(connection)
        assert newest_reached_by(connection, [session.id, "none"]) == {session.id: (SECOND, FIRST)}, "the premise"
        end_sessions(connection, [session])
        assert newest_reached(connection, session.id) == ()
        assert newest_reached_by(connection, [session.id]) == {}
        assert not reaches(connection, session.id, FIRST)
        assert conversation_to_show(connection, session.id, 1, FIRST) == ((), None)
        assert visitor_conversations(connection, session.id, None, 10).conversations == []
        with pytest.raises(ApiError) as caught:
            reach_of(connection, session.id)
        assert caught.value.code == "invalid_token"

    write_once(database_url, look)


def test_request_without_a_conversation_gets_the_newest(database_url: str) -> None:
    def look(connection: Connection) -> None:
        session = seed_database(connection)
        assert choose_reached(connection, session.id, None) == SECOND
        assert choose_reached(connection, session.id, FIRST) == FIRST
        for foreign in (FOREIGN, OTHER_DEVICE):
            with pytest.raises(ApiError) as caught:
                choose_reached(connection, session.id, foreign)
            assert caught.value.code == "unknown_conversation"

    write_once(database_url, look)


def test_conversation_beyond_the_cached_reach_is_shown(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = visitor_reach._NEWEST.limit(None).limit(1)  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(visitor_reach, "_NEWEST", newest)

    def look(connection: Connection) -> None:
        session = seed_database(connection)
        assert newest_reached(connection, session.id) == (SECOND,), "the premise"
        reach, state = conversation_to_show(connection, session.id, 1, FIRST)
        assert state is not None
        assert (reach, state.id) == ((SECOND, FIRST), FIRST)
        assert conversation_to_show(connection, session.id, 1, OTHER_DEVICE) == ((SECOND,), None)

    write_once(database_url, look)


def test_summary_of_the_reach_agrees_with_the_reach_itself(database_url: str) -> None:
    def look(connection: Connection) -> None:
        session = seed_database(connection)
        other, ended = make_session(subject=STRANGER), make_session(subject=LAPTOP)
        add_session(connection, other, b"o" * 32)
        add_session(connection, ended, b"e" * 32)
        end_sessions(connection, [ended])
        ids = [session.id, other.id, ended.id]
        assert reach_summaries(connection, ids) == {session.id: (SECOND, 2), other.id: (FOREIGN, 1)}
        mark_verified(connection, session.id)
        found = reach_summaries(connection, ids)
        assert found == {one: (reach[0], len(reach)) for one, reach in newest_reached_by(connection, ids).items()}
        assert found[session.id] == (SECOND, 3)

    write_once(database_url, look)
