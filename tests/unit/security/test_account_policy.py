"""The end of a session by the account policy of its workspace."""

import pytest

from crumbless.core.time_units import DAY_MS, HOUR_MS
from crumbless.security.account_policy import SET_UP_MS, AccountPolicy, has_second_factor

LONG = 30 * DAY_MS


@pytest.mark.parametrize(
    ("factors", "wanted"),
    [
        ("password", False),
        ("", False),
        ("password totp", True),
        ("password recovery_code", True),
        ("passkey", True),
        ("oidc", True),
    ],
)
def test_more_than_a_password_is_a_second_factor(factors: str, wanted: bool) -> None:
    assert has_second_factor(factors) is wanted


def test_without_a_policy_the_settings_apply() -> None:
    policy = AccountPolicy()
    assert policy.end_of(0, LONG, "password") == LONG
    assert (policy.idle_ms, policy.second_factor_due("password"), policy.allows("password")) == (0, 0, True)


def test_shorter_of_both_lengths_applies() -> None:
    assert AccountPolicy(session_hours=2).end_of(DAY_MS, LONG, "passkey") == DAY_MS + 2 * HOUR_MS
    assert AccountPolicy(session_hours=10_000).end_of(DAY_MS, LONG, "passkey") == LONG
    assert AccountPolicy(idle_minutes=15).idle_ms == 15 * 60_000


def test_session_without_a_required_second_factor_ends_on_the_date() -> None:
    policy = AccountPolicy(second_factor_from=5 * DAY_MS)
    assert policy.end_of(0, LONG, "password") == 5 * DAY_MS
    assert policy.end_of(0, LONG, "password totp") == LONG
    assert policy.end_of(0, 4 * DAY_MS, "password") == 4 * DAY_MS


def test_session_that_only_sets_up_a_factor_is_short() -> None:
    policy = AccountPolicy(second_factor_from=5 * DAY_MS)
    assert policy.end_of(6 * DAY_MS, LONG, "password") == 6 * DAY_MS + SET_UP_MS
    assert policy.second_factor_due("password") == 5 * DAY_MS


def test_provider_only_ends_every_other_session() -> None:
    policy = AccountPolicy(provider_only=True)
    assert [policy.end_of(0, LONG, factors) for factors in ("password totp", "passkey", "oidc")] == [0, 0, LONG]
    assert [policy.allows(factors) for factors in ("password totp", "passkey", "oidc")] == [False, False, True]
