"""The kinds of emails, whom one goes to, and its values. The texts are in the catalogue (surface "email")."""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from crumbless.errors import ApiError

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
"""Where each kind leads, behind the server's public address: never behind what a request called it (Host)."""

VALUES: Mapping[MailKind, frozenset[str]] = {
    # The inviter, the workspace, and the time of expiry.
    "invitation": frozenset({"inviter", "workspace", "days", "secret"}),
    # The address already has an account. Only its owner may learn that.
    "invitation_known": frozenset({"inviter", "workspace"}),
    "reset": frozenset({"minutes", "secret"}),
    "new_sign_in": frozenset({"device", "place", "at"}),
    "wrong_attempts": frozenset({"at"}),
    # One of CHANGES.
    "factor_changed": frozenset({"change", "device", "at"}),
    "email_change": frozenset({"hours", "secret"}),
    "email_changed": frozenset({"email", "at"}),
    # The site's key and name, and the hours that the link works.
    "continuation": frozenset({"site", "site_name", "hours", "secret"}),
}
"""The values that each kind needs, exactly. `at` is in milliseconds, the others are texts."""

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
        to: the address; nobody else gets a copy.
        to_name: the person's name, empty where none is known.
        language: what the email is written in if emails have that language, else English.
        values: what stands in it: the names in VALUES, each a line of text.
        about: the id of the visitor whom it is for. When they erase what is kept about them, it is dropped.
    """

    kind: MailKind
    to: str
    language: str
    values: Mapping[str, str]
    to_name: str = ""
    about: str = ""


MAX_ADDRESS = 254
"""Characters of an address that a mail server must take (RFC 5321, section 4.5.3.1.3, less the brackets)."""

# No quoted local parts, comments or groups: what could be read as a second address or header is no address here.
_match_address = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*",
    re.ASCII,
).fullmatch

# Controls and line ends end a header; overrides of direction let a name pose as another.
_match_unprintable = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def check_address(text: str) -> str:
    """Return the address unchanged.

    Raises:
        ApiError: `invalid` if it is not a plain email address.
    """
    if len(text) > MAX_ADDRESS or not _match_address(text):
        raise ApiError("invalid", "Give a plain email address, such as name@example.org.")
    return text


def in_one_line(text: str) -> str:
    """The text without what ends a line or hides in it."""
    return _match_unprintable.sub(" ", text).strip()
