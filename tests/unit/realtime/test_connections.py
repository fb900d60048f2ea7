"""Listeners receive the entries that concern them, and no others."""

import json
from collections.abc import Sequence
from typing import Any

from crumbless.ledger.entry import Appended
from crumbless.protocol.frames import SeenNow
from crumbless.realtime.connections import Connections, EncodedFrame
from crumbless.security.access import Session
from crumbless.security.visibility import Scope
from support.value_make import (
    CONVERSATION,
    OTHER_CONVERSATION,
    SITE,
    make_appended,
    make_entry,
    make_operator_session,
    make_session,
)


class RecordingListener:
    """A listener that stores its frames."""

    def __init__(self, connections: Connections, session: Session) -> None:
        self.session = session
        self.conversation = next(iter(session.reach), "")
        self.heard: list[Appended] = []
        self.frames: list[dict[str, Any]] = []
        self.parcels: list[EncodedFrame] = []
        self.ended: list[int] = []
        self.connections = connections
        connections.add(self)

    def on_entries(self, appended: Sequence[Appended], frame: EncodedFrame) -> None:
        self.heard += appended
        self.push(frame)

    def push(self, frame: EncodedFrame) -> None:
        self.parcels.append(frame)
        self.frames.append(json.loads(frame.text))

    def end(self, code: int, reason: str) -> None:
        assert reason
        self.ended.append(code)
        self.connections.remove(self)


def test_entries_reach_the_conversations_visitor_and_the_workspaces_operators() -> None:
    connections = Connections()
    vera = RecordingListener(connections, make_session())
    victor = RecordingListener(connections, make_session(reach=(OTHER_CONVERSATION,)))
    olga = RecordingListener(connections, make_operator_session())
    oskar = RecordingListener(connections, make_operator_session(workspace=2))
    first, second = make_appended(1), make_appended(2, conversation=OTHER_CONVERSATION)
    connections.deliver(1, [first, second])
    assert vera.heard == [first]
    assert victor.heard == [second]
    assert olga.heard == [first, second]
    assert oskar.heard == []
    assert "position" not in vera.frames[0]["entries"][0]
    assert [entry["position"] for entry in olga.frames[0]["entries"]] == [1, 2]


def test_batch_is_one_frame_and_encoded_once_for_all_listeners() -> None:
    connections = Connections()
    olga, otto = (
        RecordingListener(connections, make_operator_session()),
        RecordingListener(connections, make_operator_session()),
    )
    tabs = [RecordingListener(connections, make_session()) for _ in range(2)]
    connections.deliver(1, [make_appended(1), make_appended(2)])
    assert olga.parcels[0] is otto.parcels[0]
    assert tabs[0].parcels[0] is tabs[1].parcels[0]
    assert len(tabs[0].frames) == 1


def limited(*sites: int, teams: tuple[str, ...] = ()) -> Session:
    """Return the session of an operator who sees only these sites and teams."""
    return make_operator_session(role="operator", scope=Scope(frozenset(sites), frozenset(teams)))


def test_operators_with_a_list_receive_only_what_is_in_it() -> None:
    connections = Connections()
    all_seeing, first = (
        RecordingListener(connections, make_operator_session()),
        RecordingListener(connections, limited(1)),
    )
    team, nothing = RecordingListener(connections, limited(teams=("t",))), RecordingListener(connections, limited())
    batch = [make_appended(1, site=1), make_appended(2, site=2), make_appended(3, site=2, team="t")]
    connections.deliver(1, batch)
    assert all_seeing.heard == batch
    assert first.heard == batch[:1]
    assert team.heard == batch[2:]
    connections.show_typing(make_session(), CONVERSATION, True, 2, "t")
    connections.show_seen(1, SeenNow(CONVERSATION, "visitor", 2), None, 1, None)
    assert [frame["op"] for frame in all_seeing.frames] == ["entries", "typing", "seen"]
    assert [frame["op"] for frame in first.frames] == ["entries", "seen"]
    assert [frame["op"] for frame in team.frames] == ["entries", "typing"]
    assert nothing.frames == []


def test_entries_are_encoded_once_for_each_list() -> None:
    connections = Connections()
    ears = [RecordingListener(connections, limited(1)) for _ in range(3)]
    others = [RecordingListener(connections, limited(1, 2)) for _ in range(2)]
    connections.deliver(1, [make_appended(1)])
    assert len({id(ear.parcels[0]) for ear in ears}) == 1
    assert len({id(ear.parcels[0]) for ear in others}) == 1
    assert ears[0].parcels[0] is not others[0].parcels[0]


def test_role_that_sees_everything_is_not_limited_by_a_list() -> None:
    connections = Connections()
    admin = RecordingListener(connections, make_operator_session(role="admin", scope=Scope(frozenset({2}))))
    connections.deliver(1, [make_appended(1, site=1)])
    assert len(admin.heard) == 1


def test_operators_with_a_list_are_counted_disconnected_and_removed() -> None:
    connections = Connections()
    session = limited(1)
    ears = [RecordingListener(connections, session), RecordingListener(connections, limited(2))]
    assert connections.count() == (2, 0)
    assert {one.id for one in connections.sessions()} == {ear.session.id for ear in ears}
    connections.disconnect_operator(1, session.subject, session.changed_at + 1)
    assert [ear.ended for ear in ears] == [[1012], [1012]]
    assert connections.count() == (0, 0)
    assert not connections.listened_to(1)


def test_removed_listener_receives_nothing() -> None:
    connections = Connections()
    vera, olga = RecordingListener(connections, make_session()), RecordingListener(connections, make_operator_session())
    for ear in (vera, olga):
        connections.remove(ear)
        connections.remove(ear)
    connections.deliver(1, [make_appended(1)])
    assert vera.heard == olga.heard == []


def test_typing_is_sent_to_the_others() -> None:
    connections = Connections()
    by = make_operator_session()
    own, own_tab = RecordingListener(connections, by), RecordingListener(connections, by)
    vera, otto = (
        RecordingListener(connections, make_session()),
        RecordingListener(connections, make_operator_session(subject="otto")),
    )
    oskar = RecordingListener(connections, make_operator_session(workspace=2))
    connections.show_typing(by, CONVERSATION, True, SITE, None)
    assert own.frames == own_tab.frames == oskar.frames == []
    assert vera.frames[0]["by"] == {"kind": "operator", "name": "Olga"}
    assert otto.frames[0]["by"]["id"] == "operator-1"
    connections.show_typing(vera.session, CONVERSATION, False, SITE, None)
    assert len(vera.frames) == 1
    assert otto.frames[1]["on"] is False


def test_seen_is_sent_to_each_side_in_its_numbers() -> None:
    connections = Connections()
    vera, olga = RecordingListener(connections, make_session()), RecordingListener(connections, make_operator_session())
    others = [
        RecordingListener(connections, make_session(reach=(OTHER_CONVERSATION,))),
        RecordingListener(connections, make_operator_session(workspace=2)),
    ]
    connections.show_seen(1, SeenNow(CONVERSATION, "operator", 7), 3, SITE, None)
    seen = {"op": "seen", "conversation": CONVERSATION, "by": "operator"}
    assert olga.frames == [seen | {"seq": 7}]
    assert vera.frames == [seen | {"seq": 3}]
    assert [ear.frames for ear in others] == [[], []]
    connections.show_seen(1, SeenNow(CONVERSATION, "operator", 8), None, SITE, None)
    assert (len(olga.frames), len(vera.frames)) == (2, 1)


def test_visitor_receives_each_mark_once() -> None:
    """The poll of marks reads the number of an operators' mark that has moved over notes, and it is one from before."""
    connections = Connections()
    vera, olga = (RecordingListener(connections, one) for one in (make_session(), make_operator_session()))
    for seq, visitor_seq in ((1, 1), (11, 1), (12, 2), (11, 1)):
        connections.show_seen(1, SeenNow(CONVERSATION, "operator", seq), visitor_seq, SITE, None)
    assert [frame["seq"] for frame in vera.frames] == [1, 2]
    assert [frame["seq"] for frame in olga.frames] == [1, 11, 12, 11]
    connections.remove(vera)
    again = RecordingListener(connections, make_session())
    connections.show_seen(1, SeenNow(CONVERSATION, "operator", 12), 2, SITE, None)
    assert [frame["seq"] for frame in again.frames] == [2], "nothing is remembered without a stream"


def test_visitor_receives_only_entries_that_visitors_see() -> None:
    connections = Connections()
    vera, olga = RecordingListener(connections, make_session()), RecordingListener(connections, make_operator_session())
    note = make_entry(kind="note", author_kind="operator")
    connections.deliver(1, [Appended(note, 1, None, 1, repeat=False)])
    assert (len(vera.frames), len(olga.frames)) == (0, 1)
    connections.deliver(1, [Appended(note, 2, None, 2, repeat=False), Appended(make_entry(), 3, 1, 3, repeat=False)])
    assert [(one["seq"], one["kind"]) for one in vera.frames[0]["entries"]] == [(1, "message")]
    assert [one["seq"] for one in olga.frames[1]["entries"]] == [2, 3]


def test_end_of_a_session_ends_its_streams_and_no_others() -> None:
    connections = Connections()
    session = make_operator_session()
    own = [RecordingListener(connections, session) for _ in range(3)]
    other = RecordingListener(connections, make_operator_session())
    assert len(connections.streams_of(session)) == 3
    connections.end_session(session)
    assert [ear.ended for ear in own] == [[4401]] * 3
    assert session.ended
    assert other.ended == []
    assert not other.session.ended
    assert len(connections.streams_of(session)) == 0


def test_listener_may_be_removed_during_delivery() -> None:
    connections = Connections()

    class Leaver(RecordingListener):
        def on_entries(self, appended: Sequence[Appended], frame: EncodedFrame) -> None:
            super().on_entries(appended, frame)
            self.end(4414, "too slow")

    leavers = [Leaver(connections, make_operator_session()) for _ in range(2)]
    leavers += [Leaver(connections, make_session()) for _ in range(2)]
    connections.deliver(1, [make_appended(1)])
    connections.deliver(1, [make_appended(2)])
    assert [len(ear.heard) for ear in leavers] == [1, 1, 1, 1]
