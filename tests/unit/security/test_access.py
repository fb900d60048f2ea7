"""The table of permissions."""

import pytest

from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id
from crumbless.security.access import (
    SKEW_MS,
    STEP_UP_MS,
    Role,
    Session,
    Verb,
    is_recent,
    later_authentication,
    require,
    require_conversation,
    require_step_up,
)


def session(role: Role, **fields: object) -> Session:
    values = {
        "thumbprint": "key",
        "expires_at": 1_000,
        "reach": ("mine", "also mine") if role == "visitor" else (),
    } | fields
    return Session(new_id(), role, 1, new_id(), "Name", **values)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("verb", ["close_conversation", "read_inbox"])
def test_visitor_has_no_permission_of_operators(verb: Verb) -> None:
    require(session("owner"), verb)
    with pytest.raises(ApiError) as caught:
        require(session("visitor"), verb)
    assert caught.value.code == "forbidden"


@pytest.mark.parametrize("verb", ["erase_own", "export_own"])
def test_visitor_may_export_and_erase_their_data(verb: Verb) -> None:
    require(session("visitor"), verb)
    with pytest.raises(ApiError) as caught:
        require(session("owner"), verb)
    assert caught.value.code == "forbidden"


def test_visitor_session_reaches_the_conversations_it_knows_and_no_other() -> None:
    visitor = session("visitor")
    for conversation in ("mine", "also mine"):
        require_conversation(visitor, conversation)
    with pytest.raises(ApiError) as caught:
        require_conversation(visitor, "another")
    assert caught.value.code == "unknown_conversation"


def test_session_is_valid_until_its_expiry() -> None:
    one = session("visitor")
    assert one.alive(999)
    assert not one.alive(1_000)
    one.ended = True
    assert not one.alive(999)


def test_session_without_a_key_is_not_bound() -> None:
    assert session("visitor").bound
    assert not session("visitor", thumbprint=None).bound


@pytest.mark.parametrize(("ago", "fresh"), [(0, True), (STEP_UP_MS, True), (STEP_UP_MS + 1, False), (-SKEW_MS, True)])
def test_authentication_is_recent_for_five_minutes(ago: int, fresh: bool) -> None:
    assert is_recent(10**12 - ago, 10**12) is fresh


@pytest.mark.parametrize("ahead", [600_000, 86_400_000, 8 * 86_400_000, 365 * 86_400_000])
def test_authentication_in_the_future_is_not_recent(ahead: int) -> None:
    now = 10**12
    with pytest.raises(ApiError) as caught:
        require_step_up(session("owner", authenticated_at=now + ahead), now)
    assert caught.value.code == "step_up"


def test_authentication_in_the_future_does_not_hide_a_later_one() -> None:
    now, future = 10**12, 10**12 + 86_400_000
    assert later_authentication(future, now - 1, now) == now - 1
    assert later_authentication(now - 1, future, now) == now - 1
    assert later_authentication(now - 2, now - 1, now) == now - 1
    assert later_authentication(future, future + 1, now) == future
