"""Rates of visitors: starts of conversations, verifications, transfers to another device, requests about their data."""

from dataclasses import dataclass

from crumbless.core.rate_limit import KeyedBuckets, Rate
from crumbless.core.settings import VisitorSettings
from crumbless.core.time_units import HOUR_SECONDS

PROOF_OF_WORK_TIMES = 10
"""With proofs of work, a network may reach this multiple of its rate."""

MAILS = Rate(5 / HOUR_SECONDS, 3)
"""Emails with a device transfer link: for one visitor, and from one network."""

CODES = Rate(1 / 30, 10)
"""Device transfer codes for one visitor."""

IDENTIFIES = Rate(1.0, 60)
"""Verifications of identity tokens for one network. Each page view during a chat needs one."""


@dataclass(frozen=True, slots=True)
class StartLimits:
    """Starts of conversations."""

    starts: KeyedBuckets
    site_starts: KeyedBuckets
    proof_of_work_starts: KeyedBuckets
    many_asked: KeyedBuckets

    @classmethod
    def of(cls, settings: VisitorSettings) -> "StartLimits":
        """Return the rates that the settings ask for."""
        per_second, burst = settings.starts_per_hour / HOUR_SECONDS, settings.start_burst
        return cls(
            starts=KeyedBuckets(Rate(per_second, burst)),
            site_starts=KeyedBuckets(Rate(settings.site_starts_per_minute / 60, settings.site_start_burst)),
            proof_of_work_starts=KeyedBuckets(Rate(per_second * PROOF_OF_WORK_TIMES, burst * PROOF_OF_WORK_TIMES)),
            many_asked=KeyedBuckets(Rate(per_second, burst)),
        )


@dataclass(frozen=True, slots=True)
class IdentityLimits:
    """Verifications of visitors, and transfers of their chats to another device."""

    identifies: KeyedBuckets
    device_transfer_mails: KeyedBuckets
    device_transfer_codes: KeyedBuckets

    @classmethod
    def of(cls) -> "IdentityLimits":
        """Return the rates."""
        return cls(KeyedBuckets(IDENTIFIES), KeyedBuckets(MAILS), KeyedBuckets(CODES))


@dataclass(frozen=True, slots=True)
class PrivacyLimits:
    """Erasures and exports by visitors."""

    privacy: KeyedBuckets

    @classmethod
    def of(cls, settings: VisitorSettings) -> "PrivacyLimits":
        """Return the rates that the settings ask for."""
        return cls(
            KeyedBuckets(Rate(settings.privacy_requests_per_hour / HOUR_SECONDS, settings.privacy_request_burst))
        )
