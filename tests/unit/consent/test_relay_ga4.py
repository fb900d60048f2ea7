"""The client ID by which Google separates chats: random, short-lived, deleted on withdrawal."""

from crumbless.consent.relay_ga4 import IDLE_MS, ClientNumbers

NOW = 1_800_000_000_000


def test_chat_has_the_same_id_while_it_is_active() -> None:
    numbers = ClientNumbers()
    first = numbers.number_of("a", NOW)
    assert first[1] == NOW // 1000
    assert numbers.number_of("a", NOW + IDLE_MS) == first
    assert numbers.number_of("a", NOW + 2 * IDLE_MS) == first
    assert numbers.number_of("b", NOW) != first


def test_id_ends_after_half_an_hour_of_silence_or_a_withdrawal() -> None:
    numbers = ClientNumbers()
    first = numbers.number_of("a", NOW)
    later = numbers.number_of("a", NOW + IDLE_MS + 1)
    assert later != first
    numbers.forget("a")
    assert numbers.number_of("a", NOW + IDLE_MS + 1)[0] != later[0]


def test_idle_ids_are_removed_as_others_are_added() -> None:
    numbers = ClientNumbers()
    for chain in "abc":
        numbers.number_of(chain, NOW)
    assert len(numbers) == 3
    numbers.number_of("d", NOW + IDLE_MS + 1)
    assert len(numbers) == 2
    numbers.number_of("d", NOW + IDLE_MS + 2)
    assert len(numbers) == 1
