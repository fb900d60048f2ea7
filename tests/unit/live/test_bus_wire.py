"""What nodes say to each other: everything that was said is understood, in messages of the promised size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.domain.entry import Appended
from crumbless.live.bus_wire import (
    AnyTold,
    EntriesTold,
    NotUnderstood,
    PersonTold,
    ReachTold,
    SeenTold,
    SessionTold,
    TypingTold,
    entries_of,
    read_envelope,
    tell_entries,
    write_envelopes,
)
from support.value_make import make_appended, make_session

MOST = 2_000


def as_values(appended: Appended) -> tuple[object, ...]:
    return appended.entry, appended.seq, appended.position, appended.site, appended.team


def all_told(envelopes: list[bytes]) -> list[AnyTold]:
    return [told for envelope in envelopes for told in read_envelope(envelope).told]


@given(st.lists(st.text(max_size=3_000), min_size=1, max_size=20))
def test_entries_arrive_in_order_and_each_message_is_small_enough(texts: list[str]) -> None:
    appended = [make_appended(number, text=text, site=number, team="t") for number, text in enumerate(texts, start=1)]
    envelopes = write_envelopes("node", [tell_entries(1, appended)], MOST)
    assert all(len(envelope) <= MOST for envelope in envelopes)
    came, told = list[tuple[object, ...]](), all_told(envelopes)
    for one in told:
        assert isinstance(one, EntriesTold)
        came += [as_values(entry) for entry in entries_of(one)]
    kept = [as_values(one) for one in appended]
    assert came == [one for one in kept if one in came], "in order"
    too_large = [one for one in appended if len(write_envelopes("node", [tell_entries(1, [one])], MOST)[0]) < 150]
    assert len(came) == len(kept) - len(too_large)
    assert max(one.position for one in told if isinstance(one, EntriesTold)) == len(texts)


def test_of_an_entry_that_fits_nowhere_the_position_is_told() -> None:
    told = all_told(write_envelopes("node", [tell_entries(7, [make_appended(5, text="x" * MOST)])], MOST))
    assert told == [EntriesTold(7, 5)]


def test_everything_is_understood() -> None:
    session = make_session()
    told: list[AnyTold] = [
        TypingTold(1, "c", session.id, "visitor", "v", "Vera", on=True, site=1, team="t"),
        SeenTold(1, "c", "operator", 4, 3, 1, None),
        SessionTold(1, session.id, "visitor", "v"),
        ReachTold(1, ["v", "w"]),
        PersonTold(1, "o"),
    ]
    (envelope,) = write_envelopes("node", told, MOST)
    assert read_envelope(envelope).node == "node"
    assert read_envelope(envelope).told == told
    assert read_envelope(envelope.decode()).told == told


def test_many_small_ones_are_spread() -> None:
    told: list[AnyTold] = [SeenTold(1, "c", "operator", number, 3, 1, None) for number in range(200)]
    envelopes = write_envelopes("node", told, MOST)
    assert len(envelopes) > 2
    assert all(len(envelope) <= MOST for envelope in envelopes)
    assert all_told(envelopes) == told


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
def test_what_is_not_understood_is_said_so(payload: bytes) -> None:
    assert read_envelope(b'{"v":3,"node":"n","told":[]}').told == []
    with pytest.raises(NotUnderstood):
        read_envelope(payload)
