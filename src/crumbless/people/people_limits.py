"""Rates of emails that operators send to addresses of their choice."""

from dataclasses import dataclass

from crumbless.core.rate_limit import KeyedBuckets, Rate

INVITATIONS = Rate(1 / 10, 100)
"""Emails of one workspace, or to new addresses of one operator."""


@dataclass(frozen=True, slots=True)
class InvitationLimits:
    """Invitations, and confirmations of a new address."""

    invitations: KeyedBuckets

    @classmethod
    def of(cls) -> "InvitationLimits":
        """Return the rates."""
        return cls(KeyedBuckets(INVITATIONS))
