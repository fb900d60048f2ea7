"""The types of texts from clients, each with its maximum length in characters.

Every request and frame consists of them, so no text is stored, hashed, compared or logged before its length is checked.
tests/house/test_bounds.py fails for a field without a limit. Some rules of the domain are narrower and have a specific
error (a name of 80 characters, a message of 8,000). The limit here is larger than those.
"""

from typing import Annotated

import msgspec

MAX_ANY_TEXT = 65_536
"""For a message's text: as long as a whole frame. Above `frames.MAX_TEXT` it is rejected as `text_too_long` with its
ID."""

MAX_SITE_KEY = 64

MAX_IDENTITY = 8_192
"""For a JWT with which a site verifies a visitor."""

Id = Annotated[str, msgspec.Meta(max_length=36)]
MessageText = Annotated[str, msgspec.Meta(max_length=MAX_ANY_TEXT)]
SiteKey = Annotated[str, msgspec.Meta(max_length=MAX_SITE_KEY)]
Origin = Annotated[str, msgspec.Meta(max_length=300)]
"""Scheme, a host of at most 253 characters, and a port."""

Email = Annotated[str, msgspec.Meta(max_length=254)]
Password = Annotated[str, msgspec.Meta(max_length=1_024)]
Code = Annotated[str, msgspec.Meta(max_length=64)]
"""A code that a person types, in any spelling."""

Secret = Annotated[str, msgspec.Meta(max_length=128)]
"""A session token, the secret of a link, or the ID of a challenge. Valid ones have 36 to 47 characters."""

Proof = Annotated[str, msgspec.Meta(max_length=2_048)]
Claim = Annotated[str, msgspec.Meta(max_length=128)]
Receipt = Annotated[str, msgspec.Meta(max_length=64)]
Identity = Annotated[str, msgspec.Meta(max_length=MAX_IDENTITY)]
ProofOfWorkSolution = Annotated[str, msgspec.Meta(max_length=200)]
Name = Annotated[str, msgspec.Meta(max_length=200)]
Language = Annotated[str, msgspec.Meta(max_length=35)]
"""RFC 5646, section 4.4.1."""

Languages = Annotated[list[Language], msgspec.Meta(max_length=50)]
TimeZone = Annotated[str, msgspec.Meta(max_length=64)]
Digest = Annotated[str, msgspec.Meta(max_length=64)]
Colour = Annotated[str, msgspec.Meta(max_length=7)]
Origins = Annotated[list[Origin], msgspec.Meta(max_length=100)]
Ids = Annotated[list[Id], msgspec.Meta(max_length=1_000)]
Mentions = Annotated[list[Id], msgspec.Meta(max_length=50)]
SiteKeys = Annotated[list[SiteKey], msgspec.Meta(max_length=1_000)]

Provider = Annotated[str, msgspec.Meta(max_length=32)]
Issuer = Annotated[str, msgspec.Meta(max_length=500)]
Subject = Annotated[str, msgspec.Meta(max_length=255)]
"""OpenID Connect Core 1.0, section 2."""

ProviderCode = Annotated[str, msgspec.Meta(max_length=4_096)]
"""Some providers put a whole encrypted token into their codes."""

CredentialId = Annotated[str, msgspec.Meta(max_length=1_400)]
"""base64url of at most 1,023 bytes (WebAuthn Level 3, section 4)."""

CredentialPart = Annotated[str, msgspec.Meta(max_length=4_096)]
"""base64url of an authenticator's data. No attestation is requested, so a new passkey has about 300 bytes."""

Word = Annotated[str, msgspec.Meta(max_length=40)]
Words = Annotated[list[Word], msgspec.Meta(max_length=20)]
StoredDays = Annotated[int, msgspec.Meta(ge=1, le=36_500)]
AuditDays = Annotated[int, msgspec.Meta(ge=91, le=36_500)]
"""The database itself rejects the deletion of newer entries of the audit log."""
