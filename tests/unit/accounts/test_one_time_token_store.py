"""A one-time token works once, for its kind, for a time, and for the key that started it."""

import contextlib
import threading

import pytest
from sqlalchemy import update

from crumbless.accounts.one_time_token_store import (
    OneTimeTokenKind,
    count_attempt,
    find_one_time_token,
    new_one_time_token,
    remove_one_time_tokens,
    spend_one_time_token,
    spend_one_time_token_by_id,
    void_one_time_tokens,
)
from crumbless.accounts.tables import one_time_token
from crumbless.core.errors import ApiError
from crumbless.database.database import write_once


def refusal(any_url: str, secret: str, thumbprint: str | None = None, kind: str = "reset") -> str:
    with pytest.raises(ApiError) as caught:
        write_once(any_url, lambda connection: spend_one_time_token(connection, kind, secret, thumbprint))  # pyright: ignore[reportArgumentType]
    return caught.value.code


def new_token(any_url: str, **changed: object) -> tuple[str, str]:
    options = {"seconds": 60, "subject": "somebody", "data": {"a": 1}} | changed
    return write_once(any_url, lambda connection: new_one_time_token(connection, "reset", **options))  # pyright: ignore[reportArgumentType]


def test_token_is_spent_once_and_returns_its_subject(any_url: str) -> None:
    _, secret = new_token(any_url)
    spent = write_once(any_url, lambda connection: spend_one_time_token(connection, "reset", secret))
    assert (spent.subject, spent.data) == ("somebody", {"a": 1})
    assert refusal(any_url, secret) == "ticket_gone"


def test_threat_68_one_of_many_simultaneous_uses_succeeds(any_url: str) -> None:
    _, secret = new_token(any_url)
    won: list[str] = []

    def spend() -> None:
        with contextlib.suppress(ApiError):
            won.append(write_once(any_url, lambda connection: spend_one_time_token(connection, "reset", secret)).id)

    threads = [threading.Thread(target=spend) for _ in range(50)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(won) == 1


def test_token_of_another_kind_is_refused(any_url: str) -> None:
    _, secret = new_token(any_url)
    assert refusal(any_url, secret, kind="invitation") == "ticket_gone"
    assert write_once(any_url, lambda connection: find_one_time_token(connection, "reset", secret)).kind == "reset"


def test_token_with_a_key_is_found_by_its_id_and_for_that_key_only(any_url: str) -> None:
    ticket_id, _ = new_token(any_url, thumbprint="key-1")
    assert refusal(any_url, ticket_id, "key-2") == "ticket_gone"
    assert refusal(any_url, ticket_id) == "ticket_gone"
    assert write_once(any_url, lambda connection: spend_one_time_token(connection, "reset", ticket_id, "key-1"))


def test_token_without_a_key_needs_its_secret(any_url: str) -> None:
    ticket_id, secret = new_token(any_url)
    assert refusal(any_url, ticket_id) == "ticket_gone"
    assert write_once(any_url, lambda connection: spend_one_time_token(connection, "reset", secret))


def test_token_whose_secret_was_shown_is_spent_by_its_id_once_and_for_its_kind(any_url: str) -> None:
    ticket_id, secret = new_token(any_url)

    def spend(kind: OneTimeTokenKind) -> str:
        try:
            return write_once(
                any_url, lambda connection: spend_one_time_token_by_id(connection, kind, ticket_id)
            ).subject
        except ApiError as refused:
            return refused.code

    assert [spend("invitation"), spend("reset"), spend("reset")] == ["ticket_gone", "somebody", "ticket_gone"]
    assert refusal(any_url, secret) == "ticket_gone"


def test_expired_token_is_refused_and_deleted(any_url: str) -> None:
    ticket_id, secret = new_token(any_url)
    write_once(
        any_url,
        lambda c: c.execute(update(one_time_token).where(one_time_token.c.id == ticket_id).values(expires_at=5)),
    )
    assert refusal(any_url, secret) == "ticket_gone"
    assert write_once(any_url, lambda connection: remove_one_time_tokens(connection, 5, 100)) == 0
    assert write_once(any_url, lambda connection: remove_one_time_tokens(connection, 6, 100)) == 1


def test_last_wrong_attempt_spends_the_token(any_url: str) -> None:
    ticket_id, secret = new_token(any_url)
    for _ in range(2):
        write_once(any_url, lambda connection: count_attempt(connection, ticket_id, 3))
    assert write_once(any_url, lambda connection: find_one_time_token(connection, "reset", secret)).attempts == 2
    write_once(any_url, lambda connection: count_attempt(connection, ticket_id, 3))
    assert refusal(any_url, secret) == "ticket_gone"


def test_new_token_voids_earlier_ones(any_url: str) -> None:
    _, secret = new_token(any_url)
    write_once(any_url, lambda connection: void_one_time_tokens(connection, "reset", "somebody"))
    assert refusal(any_url, secret) == "ticket_gone"
