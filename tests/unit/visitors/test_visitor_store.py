"""A visitor's stored data, and its rest after an erasure, by the ledger's real transaction."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from crumbless.conversations.inbox_read import conversation_summary
from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id
from crumbless.database.database import compact, write_once
from crumbless.database.database_sqlite import sqlite_path
from crumbless.ledger.entry import Appended, erasure
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_port import Erasure
from crumbless.ledger.ledger_sqlite import SqliteBatchWriter
from crumbless.ledger.timeline_read import entries_for_visitor
from crumbless.protocol.frames import ConversationSummary
from crumbless.protocol.timeline import Entry
from crumbless.tables import metadata
from crumbless.visitors.visitor_reach import Reach
from crumbless.visitors.visitor_record import find_visitor_record
from crumbless.visitors.visitor_store import anonymise_visitor, erase_conversations
from support.value_make import CONVERSATION, OTHER_CONVERSATION, make_entry, text_of

OWN = Reach(["visitor-1"], None)

MANY = 6_000
"""Messages of two conversations, side by side in the file: enough for several levels of pages."""


@pytest.fixture
def writer(database_url: str) -> Iterator[SqliteBatchWriter]:
    made = SqliteBatchWriter(database_url)
    yield made
    made.close()


def request_for(entry: Any = None, work: Any = None, erases: bool = False) -> WriteRequest:
    one = WriteRequest(entry, work, lambda _outcome: None)
    one.erases = erases
    return one


def erase_first(connection: Connection) -> Erasure[int]:
    messages = erase_conversations(connection, 1, [CONVERSATION])
    anonymise_visitor(connection, "visitor-1")
    return Erasure(messages, [erasure(1, CONVERSATION, new_id(), 5)])


def entries_of(database_url: str, workspace: int, conversation: str) -> list[Appended]:
    return write_once(database_url, lambda connection: entries_for_visitor(connection, workspace, conversation, 0, 10))


def summary_of(database_url: str) -> ConversationSummary:
    found = write_once(database_url, lambda connection: conversation_summary(connection, 1, CONVERSATION, None))
    assert found is not None
    return found


def last_of(summary: ConversationSummary) -> Entry:
    assert summary.last is not None
    return summary.last


def outcomes_of(requests: list[WriteRequest]) -> list[str]:
    return [one.outcome.code if isinstance(one.outcome, ApiError) else type(one.outcome).__name__ for one in requests]


def test_batch_erases_earlier_entries_and_refuses_later_ones(writer: SqliteBatchWriter, database_url: str) -> None:
    before, other = make_entry(), make_entry(workspace=2, conversation=OTHER_CONVERSATION, text="kept")
    batch = [
        request_for(before),
        request_for(other),
        request_for(work=erase_first, erases=True),
        request_for(make_entry()),
        request_for(before),
        request_for(make_entry(workspace=2, conversation=OTHER_CONVERSATION)),
    ]
    writer.commit(batch)
    assert outcomes_of(batch[:2]) == ["Appended", "Appended"]
    assert outcomes_of(batch[3:]) == ["erased", "erased", "Appended"]
    assert cast("Erasure[int]", batch[2].result).result == 1
    entries = entries_of(database_url, 1, CONVERSATION)
    assert [(one.entry.kind, text_of(one.entry), one.seq, one.position) for one in entries] == [
        ("message", None, 1, 1),
        ("erased", None, 2, 2),
    ]
    (other_entry, _) = entries_of(database_url, 2, OTHER_CONVERSATION)
    assert text_of(other_entry.entry) == "kept"


def test_erased_id_is_refused_in_other_conversations_too(writer: SqliteBatchWriter, database_url: str) -> None:
    entry = make_entry()
    writer.commit([request_for(entry), request_for(work=erase_first, erases=True)])
    write_once(
        database_url,
        lambda connection: connection.exec_driver_sql(
            "INSERT INTO conversation (id, number, workspace_id, site_id, visitor_id, status, last_seq, position, "
            "visitor_seen, operator_seen, seen_position, started_at) SELECT 'another', 9, workspace_id, site_id, "
            "visitor_id, 'open', 0, 0, 0, 0, 0, 1 FROM conversation WHERE workspace_id = 1"
        ),
    )
    again = [
        request_for(make_entry(id=entry.id, conversation="another")),
        request_for(make_entry(conversation="another")),
    ]
    writer.commit(again)
    assert outcomes_of(again) == ["erased", "Appended"]


def test_failed_erasure_changes_nothing(writer: SqliteBatchWriter, database_url: str) -> None:
    writer.commit([request_for(make_entry(text="still here"))])

    def fail(connection: Connection) -> Erasure[int]:
        done = erase_first(connection)
        return Erasure(done.result, [*done.entries, erasure(1, "no such conversation", new_id(), 5)])

    one = request_for(work=fail, erases=True)
    writer.commit([one])
    assert outcomes_of([one]) == ["unknown_conversation"]
    assert one.made is None
    entries = entries_of(database_url, 1, CONVERSATION)
    assert [text_of(one.entry) for one in entries] == ["still here"]


def test_inbox_shows_the_event_instead_of_texts(writer: SqliteBatchWriter, database_url: str) -> None:
    writer.commit(
        [request_for(make_entry()), request_for(make_entry(author_kind="operator")), request_for(make_entry())]
    )
    before = summary_of(database_url)
    assert (before.status, before.unread, text_of(last_of(before))) == ("open", 1, "Hello")
    writer.commit([request_for(work=erase_first, erases=True)])
    after = summary_of(database_url)
    assert (after.status, after.unread, after.last_seq) == ("closed", 0, 4)
    assert (last_of(after).kind, text_of(last_of(after)), last_of(after).author.id) == ("erased", None, "")


def test_record_contains_site_visitor_and_conversations(database_url: str) -> None:
    record = write_once(database_url, lambda connection: find_visitor_record(connection, 1, "visitor-1", OWN))
    assert record is not None
    assert (record.site.key, record.visitor.id) == ("site-1", "visitor-1")
    assert [one.id for one in record.conversations] == [CONVERSATION]
    assert write_once(database_url, lambda connection: find_visitor_record(connection, 2, "visitor-1", OWN)) is None


def test_after_compacting_no_copy_is_left_anywhere_in_the_files(database_url: str) -> None:
    writer = SqliteBatchWriter(database_url)
    for number in range(0, MANY, 20):
        batch: list[WriteRequest] = []
        for one in range(number, number + 20):
            batch += [
                request_for(make_entry(text=f"whisper {one} " + "x" * (one % 97 * 3))),
                request_for(make_entry(workspace=2, conversation=OTHER_CONVERSATION, text=f"kept {one}")),
            ]
        writer.commit(batch)
        assert all(isinstance(one.outcome, Appended) for one in batch)
    writer.commit([request_for(work=erase_first, erases=True)])
    writer.close()
    path = sqlite_path(database_url)
    assert path.read_bytes().count(b"kept ") >= MANY, "the premise: texts can be found in the file"
    assert path.read_bytes().count(b"whisper ") < MANY / 50, (
        "except for a few copies, erased texts are overwritten at once"
    )
    before, after = compact(database_url, metadata)
    assert after <= before
    assert b"whisper " not in path.read_bytes()
    log = path.with_name(path.name + "-wal")
    assert not log.exists() or log.read_bytes() == b""
    assert path.read_bytes().count(b"kept ") == MANY
