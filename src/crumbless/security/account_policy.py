"""How the operators of a workspace must sign in: second factor, provider, length and idle time of sessions."""

from dataclasses import dataclass

from crumbless.core.time_units import HOUR_MS, MINUTE_MS

SET_UP_MS = 30 * MINUTE_MS
"""Maximum age of a session without a required second factor: long enough to set one up."""

PROVIDER = "oidc"

SECOND_FACTORS = frozenset({"totp", "recovery_code", "passkey", PROVIDER})
"""Factors that are more than a password. A passkey is two factors; the provider decides which ones it asks for."""


def has_second_factor(factors: str) -> bool:
    """Return whether a session's factors, such as "password totp", include more than a password."""
    return not SECOND_FACTORS.isdisjoint(factors.split())


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """The requirements of a workspace for its operators' sessions, in addition to the installation's settings.

    Args:
        second_factor_from: in milliseconds since 1970; None: never.
        provider_only: only an OpenID provider signs operators in.
        session_hours: maximum age of a session; None: that of the installation's settings.
        idle_minutes: idle time after which a session expires; None: that of the installation's settings.
    """

    second_factor_from: int | None = None
    provider_only: bool = False
    session_hours: int | None = None
    idle_minutes: int | None = None

    def allows(self, factors: str) -> bool:
        """Return whether operators may sign in by these factors at all."""
        return not self.provider_only or PROVIDER in factors.split()

    def second_factor_due(self, factors: str) -> int:
        """Return from when a session with these factors may only set up a second one (milliseconds); 0: never."""
        return 0 if self.second_factor_from is None or has_second_factor(factors) else self.second_factor_from

    def end_of(self, created_at: int, expires_at: int, factors: str) -> int:
        """Return when a session ends (milliseconds); 0 for one that must not exist.

        Computed whenever a session is read, so that a policy applies at once. That includes older sessions, and a
        session that begins on another node while the policy changes.
        """
        if not self.allows(factors):
            return 0
        end = expires_at if self.session_hours is None else min(expires_at, created_at + self.session_hours * HOUR_MS)
        if due := self.second_factor_due(factors):
            end = min(end, due if created_at < due else created_at + SET_UP_MS)
        return end

    @property
    def idle_ms(self) -> int:
        """Return the idle time after which a session expires; 0: that of the installation's settings."""
        return (self.idle_minutes or 0) * MINUTE_MS
