"""The protocol's types for consent."""

from typing import Literal

import msgspec

from crumbless.core import bounds

Choice = Literal[0, 1]


ConsentSource = Literal["banner", "settings", "gpc", "api", "external"]


class Categories(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The granted (1) and refused (0) categories."""

    analytics: Choice
    marketing: Choice


class ConsentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A visitor's choice on a page of the site. `text`: a digest of the shown texts. `previous`: the receipt that this
    choice follows. `id`: a UUID that the client creates; sending it again is the same record."""

    site: bounds.SiteKey
    categories: Categories
    source: ConsentSource
    revision: int
    language: bounds.Language
    text: bounds.Digest
    previous: bounds.Receipt | None = None
    id: bounds.Id | None = None


class ConsentResponse(msgspec.Struct, frozen=True):
    """The receipt ID, which only the visitor's browser receives, and the signed receipt (JWS compact, EdDSA)."""

    receipt: str
    signature: str
