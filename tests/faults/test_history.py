"""The checker finds messages that are lost, duplicated, out of order, or still waiting."""

from collections.abc import Callable

import pytest

from faults.history import Kept, OperatorModel, VisitorModel, check, show_to_operator, show_to_visitor

KEPT = [
    Kept(1, 1, "c-1", 1, "a", "Hello"),
    Kept(1, 2, "c-2", 1, "b", "Hi"),
    Kept(1, 3, "c-1", 2, "c", "Yes?"),
]

History = tuple[list[Kept], VisitorModel, OperatorModel]


def correct_history() -> History:
    visitor = VisitorModel("visitor", "c-1", acknowledged={"a": (1, "Hello")})
    operator = OperatorModel("operator", 1, acknowledged={"c": ("c-1", 2, "Yes?")})
    for one in KEPT:
        show_to_operator(operator, one.position, one.id)
        if one.conversation == "c-1":
            show_to_visitor(visitor, one.seq, one.id)
    return [*KEPT], visitor, operator


def found(history: History) -> list[str]:
    kept, visitor, operator = history
    return check(kept, [visitor], [operator])


def lose(history: History) -> None:
    history[1].acknowledged["lost"] = (3, "Lost")


def duplicate(history: History) -> None:
    history[0].append(Kept(1, 4, "c-1", 3, "a", "Hello"))
    show_to_operator(history[2], 4, "a")
    history[1].shown[3] = "a"


def change(history: History) -> None:
    history[0][0] = Kept(1, 1, "c-1", 1, "a", "Changed")


def swap_positions(history: History) -> None:
    history[0][0], history[0][2] = Kept(1, 3, "c-1", 1, "a", "Hello"), Kept(1, 1, "c-1", 2, "c", "Yes?")


def leave_gap(history: History) -> None:
    history[0][2] = Kept(1, 4, "c-1", 2, "c", "Yes?")


def keep_from_visitor(history: History) -> None:
    del history[1].shown[2]


def keep_from_operator(history: History) -> None:
    del history[2].shown[3]


def show_twice(history: History) -> None:
    show_to_visitor(history[1], 3, "c")


def show_another(history: History) -> None:
    show_to_operator(history[2], 2, "another")


def leave_waiting(history: History) -> None:
    history[1].waiting["d"] = "Still there?"


def test_correct_history_has_no_faults() -> None:
    assert found(correct_history()) == []


@pytest.mark.parametrize(
    "damage",
    [
        lose,
        duplicate,
        change,
        swap_positions,
        leave_gap,
        keep_from_visitor,
        keep_from_operator,
        show_twice,
        show_another,
        leave_waiting,
    ],
)
def test_incorrect_history_is_detected(damage: Callable[[History], None]) -> None:
    history = correct_history()
    damage(history)
    assert found(history)


def test_repetition_is_accepted_and_gap_is_a_fault() -> None:
    visitor = VisitorModel("visitor", "c-1")
    show_to_visitor(visitor, 1, "a")
    show_to_visitor(visitor, 1, "a")
    assert visitor.faults == []
    show_to_visitor(visitor, 3, "c")
    assert visitor.faults
