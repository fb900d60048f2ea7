import base64
import threading
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.core import ids


def test_now_is_in_whole_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    now = ids.now_ms()
    after = time.time_ns() // 1_000_000

    # Only a server follows a correction of the clock while the tests run.
    assert before - 60_000 < now < after + 60_000


def test_id_is_a_uuid_of_version_7_with_its_time() -> None:
    before = ids.now_ms()
    made = uuid.UUID(ids.new_id())

    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    # IDs made just before may have run ahead of the clock by a counter's overflow, never by more.
    assert before <= made.int >> 80 <= ids.now_ms() + 1


def test_ids_sort_in_the_order_of_creation() -> None:
    made = [ids.new_id() for _ in range(5_000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_of_several_threads_are_unique_and_sorted_in_each() -> None:
    of_threads: list[list[str]] = [[] for _ in range(4)]

    def make_ids(into: list[str]) -> None:
        into.extend(ids.new_id() for _ in range(1_000))

    threads = [threading.Thread(target=make_ids, args=(into,)) for into in of_threads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(made == sorted(made) for made in of_threads)
    assert len({made for of_thread in of_threads for made in of_thread}) == 4_000


def test_ids_ascend_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ids.new_id()
    an_hour_ago = ids.now_ms() - 3_600_000
    monkeypatch.setattr(ids, "now_ms", lambda: an_hour_ago)

    assert ids.new_id() > first


def test_full_counter_moves_to_the_next_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "now_ms", lambda: 5)

    def highest(bits: int) -> int:
        return (1 << bits) - 1

    monkeypatch.setattr(ids.secrets, "randbits", highest)
    monkeypatch.setattr(ids, "_COUNTER_BITS", 33)
    monkeypatch.setattr(ids, "_ids", ids.__dict__["_IdSequence"]())

    made = [uuid.UUID(ids.new_id()) for _ in range(4)]

    assert [one.int >> 80 for one in made] == [5, 5, 6, 6]
    assert all(one.version == 7 for one in made)
    assert made == sorted(made)


def test_upper_case_braces_and_other_digits_are_no_ids() -> None:
    good = "0190f3c2-7c1e-7def-8a00-0123456789ab"
    assert ids.is_id(good)
    assert ids.is_id(ids.new_id())

    for bad in (
        "",
        good.upper(),
        good.replace("-", ""),
        "{" + good + "}",
        good + "\n",
        " " + good,
        good[:-1],
        good + "0",
        good[:-1] + "g",
        good[:-1] + "٣",
        good.replace("-", "_"),
        "urn:uuid:" + good,
    ):
        assert not ids.is_id(bad), bad


@given(st.text(max_size=40))
def test_id_is_the_normal_form_of_a_uuid(text: str) -> None:
    try:
        normal = str(uuid.UUID(text))
    except ValueError:
        normal = None

    assert ids.is_id(text) == (text == normal)


@given(st.uuids())
def test_every_uuid_in_its_normal_form_is_an_id(any_uuid: uuid.UUID) -> None:
    assert ids.is_id(str(any_uuid))


def test_token_is_its_prefix_and_256_random_bits() -> None:
    token = ids.new_token("cvs_")

    assert token.startswith("cvs_")
    assert len(base64.urlsafe_b64decode(token[4:] + "=")) == 32
    assert len({ids.new_token("") for _ in range(100)}) == 100
