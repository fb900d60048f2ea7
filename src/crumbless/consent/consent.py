"""Consent: the content of a receipt, when it is in force, and its public form.

A receipt's form follows ISO/IEC TS 27560:2023 as the W3C's Data Privacy Vocabularies group writes it in JSON-LD. It
contains no address, user agent or visitor. Only a holder of its 128 random bits can prove that it is theirs.
"""

import datetime
import re
from typing import Any

import msgspec

from crumbless.consent.consent_wire import Categories, Choice, ConsentRequest, ConsentSource
from crumbless.core.bounds import Id, Receipt
from crumbless.core.errors import ApiError
from crumbless.core.ids import is_id
from crumbless.core.time_units import DAY_MS
from crumbless.device_storage.storage_registry import Category

CONSENT_DAYS = 182
"""How long a choice is valid, whether granted or refused (CNIL 2020-092, paragraph 39: about six months)."""

CATEGORY_OF: dict[str, Category] = {"ga4": "analytics", "tiktok": "marketing"}
"""The category whose consent a service needs."""


_is_receipt = re.compile(r"[A-Za-z0-9_-]{22}").fullmatch
_is_language = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}").fullmatch
_is_digest = re.compile(r"[A-Za-z0-9_-]{8,64}").fullmatch


class VisitorConsent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The receipt of the consent that is valid on the page around the chat. Null: there is no consent.

    `conversation`: the one that the chat shows; null: the newest that the session can access.
    """

    receipt: Receipt | None
    conversation: Id | None = None


class ConsentReceipt(msgspec.Struct, frozen=True):
    """The signed and stored record of a consent. `at` is in milliseconds since 1970 (UTC)."""

    receipt: str
    chain: str
    site: str
    at: int
    categories: Categories
    services: list[str]
    source: ConsentSource
    revision: int
    language: str
    text: str
    previous: str | None


def check_request(request: ConsentRequest) -> None:
    """Raises ApiError `invalid` for invalid fields, and for a first receipt that grants nothing."""
    fields = (
        ("language", _is_language(request.language)),
        ("text", _is_digest(request.text)),
        ("previous", request.previous is None or _is_receipt(request.previous)),
        ("id", request.id is None or is_id(request.id)),
    )
    if invalid := [name for name, good in fields if not good]:
        raise ApiError("invalid", f"{invalid[0]} is invalid. See the protocol for its form.")
    if request.previous is None and not grants_any(request.categories):
        # A refusal is not stored: the receipt would be the first data about this visitor.
        raise ApiError("invalid", "A first receipt must grant something. A refusal is stored in the browser only.")


def grants_any(categories: Categories) -> bool:
    """Return whether any category was granted."""
    return bool(categories.analytics or categories.marketing)


def is_receipt(text: str) -> bool:
    """Return whether the text has the form of a receipt's ID."""
    return _is_receipt(text) is not None


def grants(record: ConsentReceipt, category: Category, revision: int, now: int) -> bool:
    """Return whether the newest receipt of a chain permits this category now (milliseconds)."""
    in_time = record.at <= now < record.at + CONSENT_DAYS * DAY_MS
    return in_time and record.revision == revision and getattr(record.categories, category, 0) == 1


def canonical(record: ConsentReceipt) -> bytes:
    """Return the bytes that are signed: JSON with sorted keys and no white space."""
    return msgspec.json.encode(record, order="sorted")


_STATES = {1: "ConsentGiven", 0: "ConsentRefused"}
_PURPOSES: dict[Category, str] = {"analytics": "dpv:ServiceUsageAnalytics", "marketing": "dpv:Advertising"}


def receipt_document(
    record: ConsentReceipt, signature: str, site_name: str, address: str, latest: bool
) -> dict[str, Any]:
    """Return the receipt in the form of ISO/IEC TS 27560:2023.

    Args:
        address: the public address of this installation, which serves the privacy notice and the keys.
        latest: whether it is the last of its chain.
    """
    return {
        "@context": ["https://w3id.org/dpv", {"x": "urn:crumbless:consent:"}],
        "@type": "dpv:ConsentRecord",
        "schema_version": "ISO/IEC TS 27560:2023",
        "record_id": record.receipt,
        "receipt_id": record.receipt,
        "pii_principal_id": f"urn:crumbless:receipt:{record.chain}",
        "processing": [
            _processing(category, state, record, address) for category, state in _choices(record.categories)
        ],
        "party": [
            {
                "party_id": record.site,
                "party_name": site_name,
                "party_type": "dpv:DataController",
                "party_address": f"{address}/policy/{record.site}",
                "party_contact": f"{address}/policy/{record.site}",
                "party_role": "pii_controller",
            }
        ],
        "x:previous": record.previous,
        "x:latest": latest,
        "x:signature": signature,
        "x:keys": f"{address}/consent/keys.json",
    }


def _choices(categories: Categories) -> tuple[tuple[Category, Choice], ...]:
    return ("analytics", categories.analytics), ("marketing", categories.marketing)


def _processing(category: Category, state: Choice, record: ConsentReceipt, address: str) -> dict[str, Any]:
    services = [one for one in record.services if CATEGORY_OF.get(one) == category]
    withdrawn = not state and record.previous is not None
    return {
        "privacy_notice": f"{address}/policy/{record.site}",
        "language": record.language,
        "purpose": _PURPOSES[category],
        "purpose_type": category,
        "lawful_basis": "eu-gdpr:A6-1-a",
        "pii_information": [{"pii_type": "x:chat-events", "pii_optional": True, "sensitive_pii_category": False}],
        "pii_controllers": [record.site],
        "collection_method": record.source,
        "storage_locations": ["x:vendor"] if services else [],
        "retention_period": f"P{CONSENT_DAYS}D",
        "jurisdiction": "x:of-the-controller",
        "recipient_third_parties": services,
        "withdrawal_method": f"{address}/policy/{record.site}",
        "event": [
            {
                "event_time": _iso(record.at),
                "validity_duration": f"P{CONSENT_DAYS}D",
                "entity_id": f"urn:crumbless:receipt:{record.chain}",
                "event_type": "dpv:ExpressedConsent",
                "event_state": "dpv:ConsentWithdrawn" if withdrawn else f"dpv:{_STATES[state]}",
                "x:revision": record.revision,
                "x:text_digest": record.text,
            }
        ],
    }


def _iso(milliseconds: int) -> str:
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC).isoformat(timespec="milliseconds")
