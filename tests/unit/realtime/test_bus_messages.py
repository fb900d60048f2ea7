"""Messages between nodes: every message is decoded, in packets of the maximum size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.ledger.entry import Appended
from crumbless.realtime.bus_messages import (
    AnyMessage,
    EntriesMessage,
    InvalidMessage,
    PersonMessage,
    ReachTold,
    SeenMessage,
    SessionMessage,
    TypingMessage,
    entries_message,
    entries_of,
    read_envelope,
    write_envelopes,
)
from support.value_make import make_appended, make_session

MAX_ITEMS = 2_000


def as_values(appended: Appended) -> tuple[object, ...]:
    return appended.entry, appended.seq, appended.position, appended.site, appended.team


def wait_delivered(envelopes: list[bytes]) -> list[AnyMessage]:
    return [message for envelope in envelopes for message in read_envelope(envelope).told]


@given(st.lists(st.text(max_size=3_000), min_size=1, max_size=20))
def test_entries_arrive_in_order_and_each_packet_is_small_enough(texts: list[str]) -> None:
    appended = [make_appended(number, text=text, site=number, team="t") for number, text in enumerate(texts, start=1)]
    envelopes = write_envelopes("node", [entries_message(1, appended)], MAX_ITEMS)
    assert all(len(envelope) <= MAX_ITEMS for envelope in envelopes)
    came, messages = list[tuple[object, ...]](), wait_delivered(envelopes)
    for one in messages:
        assert isinstance(one, EntriesMessage)
        came += [as_values(entry) for entry in entries_of(one)]
    expected = [as_values(one) for one in appended]
    assert came == [one for one in expected if one in came], "in order"
    too_large = [
        one for one in appended if len(write_envelopes("node", [entries_message(1, [one])], MAX_ITEMS)[0]) < 150
    ]
    assert len(came) == len(expected) - len(too_large)
    assert max(one.position for one in messages if isinstance(one, EntriesMessage)) == len(texts)


def test_entry_that_is_too_large_is_announced_by_its_position() -> None:
    messages = wait_delivered(
        write_envelopes("node", [entries_message(7, [make_appended(5, text="x" * MAX_ITEMS)])], MAX_ITEMS)
    )
    assert messages == [EntriesMessage(7, 5)]


def test_every_message_is_decoded() -> None:
    session = make_session()
    messages: list[AnyMessage] = [
        TypingMessage(1, "c", session.id, "visitor", "v", "Vera", on=True, site=1, team="t"),
        SeenMessage(1, "c", "operator", 4, 3, 1, None),
        SessionMessage(1, session.id, "visitor", "v"),
        ReachTold(1, ["v", "w"]),
        PersonMessage(1, "o"),
    ]
    (envelope,) = write_envelopes("node", messages, MAX_ITEMS)
    assert read_envelope(envelope).node == "node"
    assert read_envelope(envelope).told == messages
    assert read_envelope(envelope.decode()).told == messages


def test_many_small_messages_are_split() -> None:
    messages: list[AnyMessage] = [SeenMessage(1, "c", "operator", number, 3, 1, None) for number in range(200)]
    envelopes = write_envelopes("node", messages, MAX_ITEMS)
    assert len(envelopes) > 2
    assert all(len(envelope) <= MAX_ITEMS for envelope in envelopes)
    assert wait_delivered(envelopes) == messages


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"v":9,"node":"n","told":[]}',
        b'{"v":3,"node":"n","told":[{"kind":"of another version"}]}',
        b'{"v":3,"node":"n","told":[{"kind":"person","workspace":"one"}]}',
    ],
)
def test_invalid_packet_is_refused(payload: bytes) -> None:
    assert read_envelope(b'{"v":3,"node":"n","told":[]}').told == []
    with pytest.raises(InvalidMessage):
        read_envelope(payload)
