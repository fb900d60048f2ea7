"""The kinds of emails, with their values and links. The texts are in the translations (surface "email")."""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from crumbless.core.errors import ApiError

MailKind = Literal[
    "invitation",
    "invitation_known",
    "reset",
    "new_sign_in",
    "wrong_attempts",
    "factor_changed",
    "email_change",
    "email_changed",
    "continuation",
]

LINKS: Mapping[MailKind, str] = {
    "invitation": "/desk#invite={secret}",
    "invitation_known": "/desk",
    "reset": "/desk#reset={secret}",
    "new_sign_in": "/desk",
    "wrong_attempts": "/desk",
    "factor_changed": "/desk",
    "email_change": "/desk#email={secret}",
    "email_changed": "/desk",
    "continuation": "/chat/{site}#continue={secret}",
}
"""The path of each kind's link. It follows the configured public address, never the request's Host header."""

VALUES: Mapping[MailKind, frozenset[str]] = {
    # The inviter, the workspace, and the time of expiry.
    "invitation": frozenset({"inviter", "workspace", "days", "secret"}),
    # The address already has an account. Only its owner may learn this.
    "invitation_known": frozenset({"inviter", "workspace"}),
    "reset": frozenset({"minutes", "secret"}),
    "new_sign_in": frozenset({"device", "place", "at"}),
    "wrong_attempts": frozenset({"at"}),
    # One of CHANGES.
    "factor_changed": frozenset({"change", "device", "at"}),
    "email_change": frozenset({"hours", "secret"}),
    "email_changed": frozenset({"email", "at"}),
    # The site's key and name, and the number of hours for which the link works.
    "continuation": frozenset({"site", "site_name", "hours", "secret"}),
}
"""The exact values that each kind needs. `at` is in milliseconds, the others are texts."""

CHANGES = (
    "password_changed",
    "password_reset",
    "totp_added",
    "totp_removed",
    "recovery_codes_made",
    "recovery_code_used",
    "passkey_added",
    "passkey_removed",
    "identity_added",
    "identity_removed",
)
"""The changes that an email of the kind factor_changed may report."""


class MailRequest(msgspec.Struct, frozen=True):
    """A request to send one email to one recipient. The email is composed when it is sent.

    Args:
        to: the address of the only recipient.
        to_name: the recipient's name; empty if unknown.
        language: of the email if it is translated, else English.
        values: by the names in VALUES, each one line of text.
        about: the ID of the visitor to whom it is sent. The email is dropped when the visitor erases their data.
    """

    kind: MailKind
    to: str
    language: str
    values: Mapping[str, str]
    to_name: str = ""
    about: str = ""


MAX_ADDRESS = 254
"""Maximum of characters of an address that a mail server must accept (RFC 5321, section 4.5.3.1.3, less the
brackets)."""

# No quoted local parts, comments or groups, which could be read as a second address or header.
_match_address = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*",
    re.ASCII,
).fullmatch

# Controls and line ends end a header. Direction overrides let a name impersonate another.
_match_unprintable = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def check_address(text: str) -> str:
    """Return the address unchanged.

    Raises:
        ApiError: `invalid` if it is not a plain email address.
    """
    if len(text) > MAX_ADDRESS or not _match_address(text):
        raise ApiError("invalid", "Enter an email address, such as name@example.org.")
    return text


def in_one_line(text: str) -> str:
    """Return the text without line ends and invisible characters."""
    return _match_unprintable.sub(" ", text).strip()
