"""The validity of a consent record, and invalid choices."""

import pytest

from crumbless.consent.consent import CONSENT_DAYS, ConsentReceipt, check_request, grants, is_receipt, receipt_document
from crumbless.consent.consent_wire import Categories, ConsentRequest
from crumbless.core.errors import ApiError
from crumbless.core.time_units import DAY_MS

AT = 1_000 * DAY_MS


def record(analytics: int = 1, marketing: int = 0, previous: str | None = None) -> ConsentReceipt:
    categories = Categories(analytics, marketing)  # pyright: ignore[reportArgumentType]
    return ConsentReceipt("R" * 22, "C" * 22, "shop", AT, categories, ["ga4"], "banner", 3, "en", "12345678", previous)


@pytest.mark.parametrize(
    ("now", "revision", "holds"),
    [
        (AT, 3, True),
        (AT + CONSENT_DAYS * DAY_MS - 1, 3, True),
        (AT + CONSENT_DAYS * DAY_MS, 3, False),
        (AT - 1, 3, False),
        (AT, 2, False),
        (AT, 4, False),
    ],
)
def test_grant_is_valid_for_its_revision_and_half_a_year(now: int, revision: int, holds: bool) -> None:
    assert grants(record(), "analytics", revision, now) is holds
    assert not grants(record(), "marketing", revision, now)
    assert not grants(record(), "session", revision, now), "no other category is ever granted"


def test_receipt_is_128_bits_of_base64url() -> None:
    assert is_receipt("Ab-_5678901234567890AZ")
    for other in ("", "A" * 21, "A" * 23, "A" * 21 + "=", "A" * 21 + "é", "A" * 22 + "\n"):
        assert not is_receipt(other)


def test_first_record_must_grant_and_a_later_one_need_not() -> None:
    def request(previous: str | None) -> ConsentRequest:
        return ConsentRequest("shop", Categories(0, 0), "banner", 1, "en", "12345678", previous)

    check_request(request("A" * 22))
    with pytest.raises(ApiError) as refused:
        check_request(request(None))
    assert refused.value.code == "invalid"


def test_document_contains_each_choice_separately() -> None:
    def states(one: ConsentReceipt) -> list[str]:
        document = receipt_document(one, "s", "Shop", "https://chat.example", latest=True)
        return [processing["event"][0]["event_state"] for processing in document["processing"]]

    assert states(record()) == ["dpv:ConsentGiven", "dpv:ConsentRefused"]
    assert states(record(0, 0, "A" * 22)) == ["dpv:ConsentWithdrawn", "dpv:ConsentWithdrawn"]
