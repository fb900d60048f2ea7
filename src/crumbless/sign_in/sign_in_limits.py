"""Rates of sign-ins, and the waits after wrong passwords and codes."""

from dataclasses import dataclass

from crumbless.core.guess_throttle import GuessThrottle
from crumbless.core.rate_limit import KeyedBuckets, Rate
from crumbless.core.settings import SignInSettings

GUESSES = 5
"""Wrong passwords or codes for one account from one network before a wait."""

WIDE_GUESSES = 20
"""The same from all networks. After each multiple of this number the operator is notified by email."""

WIDE_SECONDS = 30.0
"""Longest wait after wrong attempts from all networks: an attacker must not lock the operator out."""

RESETS = Rate(1 / 300, 3)
"""Links for a new password to one address. The limit prevents an attacker from filling a mailbox."""


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """Sign-ins, wrong guesses, and links for a new password."""

    sign_ins: KeyedBuckets
    passkey_asks: KeyedBuckets
    guesses: GuessThrottle
    wide_guesses: GuessThrottle
    resets: KeyedBuckets

    @classmethod
    def of(cls, settings: SignInSettings) -> "SignInLimits":
        """Return the rates that the settings ask for."""
        return cls(
            sign_ins=KeyedBuckets(Rate(settings.sign_ins_per_minute / 60, settings.sign_in_burst)),
            # A separate rate: an attacker who floods the password form must not block passkeys.
            passkey_asks=KeyedBuckets(Rate(settings.sign_ins_per_minute / 20, settings.sign_in_burst * 3)),
            guesses=GuessThrottle(GUESSES),
            wide_guesses=GuessThrottle(WIDE_GUESSES, WIDE_SECONDS),
            resets=KeyedBuckets(RESETS),
        )
