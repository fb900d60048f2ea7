"""The types of settings, with the values that they accept."""

from typing import Annotated

import msgspec

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
Rate = Annotated[float, msgspec.Meta(gt=0, le=10_000_000)]
# The policy page shows each in one line.
Line = Annotated[
    str,
    msgspec.Meta(
        max_length=200,
        pattern=r"\A[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z",
        description="one line of at most 200 characters",
    ),
]
Email = Annotated[
    str,
    msgspec.Meta(
        max_length=254,
        pattern=r"\A(?:[^\s@<>\"?&,;]+@[^\s@<>\"?&,;]+)?\Z",
        description="an email address, such as name@example.org",
    ),
]
Contact = Annotated[
    str,
    msgspec.Meta(
        max_length=254,
        pattern=r"\A(?:https://[!-~]+|[^\s:@<>\"?&,;]+@[^\s@<>\"?&,;]+)?\Z",
        description="an email address, or the https address of a page",
    ),
]
Phone = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A(?:\+?[0-9][0-9 ()./-]{2,30})?\Z",
        description="a phone number of digits, spaces and + ( ) . / -",
    ),
]
# The characters of a header. The length prevents guessing.
Token = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A(?:[!-~]{16,200})?\Z",
        description="16 to 200 ASCII characters without spaces",
    ),
]
TracingUrl = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A(?:https?://[^\s/@?#]+/[^\s?#]*)?\Z",
        description="an address such as http://HOST:4318/v1/traces, without user, query or fragment",
    ),
]
ProviderId = Annotated[
    str,
    msgspec.Meta(pattern=r"\A[a-z0-9-]{1,32}\Z", description="1 to 32 lower-case letters, digits or hyphens"),
]
Issuer = Annotated[
    str,
    msgspec.Meta(
        max_length=500,
        pattern=r"\Ahttps?://[^\s?#]+\Z",
        description="an https address without query or fragment",
    ),
]
Days = Annotated[int, msgspec.Meta(ge=1, le=365)]
KeptDays = Annotated[int, msgspec.Meta(ge=1, le=36_500)]
# The database itself rejects the deletion of newer entries.
AuditDays = Annotated[int, msgspec.Meta(ge=91, le=36_500)]
TimeOfDay = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z",
        description="a time such as 02:30, in UTC",
    ),
]
