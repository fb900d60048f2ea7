"""The one table of permissions."""

import pytest

from crumbless.domain.access import Role, Session, Verb, require, require_conversation
from crumbless.errors import Refused
from crumbless.ids import new_id


def session(role: Role, **fields: object) -> Session:
    values = {"thumbprint": "key", "expires_at": 1_000, "conversation": "mine" if role == "visitor" else ""} | fields
    return Session(new_id(), role, 1, new_id(), "Name", **values)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("verb", ["close_conversation", "read_inbox"])
def test_visitors_do_not_run_the_desk(verb: Verb) -> None:
    require(session("owner"), verb)
    with pytest.raises(Refused) as caught:
        require(session("visitor"), verb)
    assert caught.value.code == "forbidden"


@pytest.mark.parametrize("verb", ["erase_own", "export_own"])
def test_what_is_kept_about_a_visitor_is_theirs_to_take(verb: Verb) -> None:
    require(session("visitor"), verb)
    with pytest.raises(Refused) as caught:
        require(session("owner"), verb)
    assert caught.value.code == "forbidden"


def test_a_visitor_has_one_conversation() -> None:
    visitor = session("visitor")
    require_conversation(visitor, "mine")
    with pytest.raises(Refused) as caught:
        require_conversation(visitor, "another")
    assert caught.value.code == "unknown_conversation"


def test_a_session_lives_until_its_end() -> None:
    one = session("visitor")
    assert one.alive(999)
    assert not one.alive(1_000)
    one.ended = True
    assert not one.alive(999)


def test_a_session_without_a_key_is_not_bound() -> None:
    assert session("visitor").bound
    assert not session("visitor", thumbprint=None).bound
