"""An email is queued encrypted, for one plain address, with the values of its kind and no line break for a header."""

from typing import Any

import pytest
from sqlalchemy import select

from crumbless.core.errors import ApiError
from crumbless.database.database import write_once
from crumbless.ledger.tables import task
from crumbless.mail.mail_message import MailRequest
from crumbless.mail.mail_queue import queue_mail, read_mail_request
from crumbless.security.encryption import KEY_BYTES, SecretBox
from crumbless.tasks.task import Task, TaskFailed
from crumbless.tasks.task_store import claim_batches, delete_tasks

VAULT = SecretBox(bytes(KEY_BYTES))


def order(**changed: Any) -> MailRequest:
    values = {"minutes": "30", "secret": "crt_secret"}
    good: dict[str, Any] = {"kind": "reset", "to": "olga@tea.example", "language": "en", "values": values}
    return MailRequest(**good | changed)


def queued(database_url: str, one: MailRequest) -> Task:
    write_once(database_url, lambda connection: queue_mail(connection, VAULT, 1, one))
    return write_once(database_url, lambda connection: claim_batches(connection, "node", "mail", 1))[0][0]


def test_queued_request_is_decrypted_unchanged(database_url: str) -> None:
    one = order(to_name="Olga Ölström")
    assert read_mail_request(VAULT, queued(database_url, one)) == one


def test_database_shows_neither_address_nor_secret(database_url: str) -> None:
    queued(database_url, order())
    [row] = write_once(database_url, lambda connection: [*connection.execute(select(task))])
    assert row.payload == {"mail": "reset"}
    assert [word for word in ("olga", "crt_secret") if word.encode() in row.encrypted] == []


def test_erasure_deletes_the_visitors_emails(database_url: str) -> None:
    for about in ("visitor-1", "visitor-2", ""):
        write_once(database_url, lambda connection, about=about: queue_mail(connection, VAULT, 1, order(about=about)))
    write_once(database_url, lambda connection: delete_tasks(connection, ["mail"], about="visitor-1"))
    [[second], [third]] = write_once(database_url, lambda connection: claim_batches(connection, "node", "mail", 9))
    assert [read_mail_request(VAULT, one).about for one in (second, third)] == ["visitor-2", ""]


def test_another_key_cannot_decrypt(database_url: str) -> None:
    encrypted_task = queued(database_url, order())
    with pytest.raises(TaskFailed) as caught:
        read_mail_request(SecretBox(b"1" * KEY_BYTES), encrypted_task)
    assert caught.value.final


@pytest.mark.parametrize(
    "address",
    [
        "olga@tea.example\r\nBcc: all@tea.example",
        "olga@tea.example\n",
        "olga@tea.example,otto@tea.example",
        "Olga <olga@tea.example>",
        '"olga otto"@tea.example',
        "olga@tea.example;x",
        "olga",
        "@tea.example",
        "olga@",
        "olga@tea..example",
        "olga@-tea.example",
        "ölga@tea.example",
        "olga\0@tea.example",
        "o" * 65 + "@tea.example",
        "olga@" + "tea." * 70 + "example",
    ],
)
def test_threat_58_second_address_or_header_is_refused(database_url: str, address: str) -> None:
    with pytest.raises(ApiError) as caught:
        queued(database_url, order(to=address))
    assert caught.value.code == "invalid"
    assert queued(database_url, order())


def test_threat_58_names_and_values_are_one_line_each(database_url: str) -> None:
    nasty = "Olga\r\nBcc: all@tea.example\u202e\u2028\x85"
    values = {"device": nasty, "place": "", "at": "0"}
    opened = read_mail_request(VAULT, queued(database_url, order(kind="new_sign_in", to_name=nasty, values=values)))
    assert opened.to_name == opened.values["device"] == "Olga Bcc: all@tea.example"


@pytest.mark.parametrize("values", [{}, {"minutes": "30"}, {"minutes": "30", "secret": "s", "more": ""}])
def test_request_needs_exactly_the_values_of_its_kind(database_url: str, values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="needs"):
        queued(database_url, order(values=values))


def test_change_without_a_text_is_refused(database_url: str) -> None:
    values = {"change": "name_changed", "device": "", "at": "0"}
    with pytest.raises(ValueError, match="a change is one of"):
        queued(database_url, order(kind="factor_changed", values=values))
