"""Rates of consent receipts."""

from dataclasses import dataclass

from crumbless.core.rate_limit import KeyedBuckets, Rate
from crumbless.core.settings import ConsentSettings
from crumbless.core.time_units import HOUR_SECONDS


@dataclass(frozen=True, slots=True)
class ConsentLimits:
    """Requests about consent receipts by network, and new receipts by site."""

    consents: KeyedBuckets
    site_consents: KeyedBuckets

    @classmethod
    def of(cls, settings: ConsentSettings) -> "ConsentLimits":
        """Return the rates that the settings ask for."""
        return cls(
            consents=KeyedBuckets(Rate(settings.consents_per_hour / HOUR_SECONDS, settings.consent_burst)),
            site_consents=KeyedBuckets(Rate(settings.site_consents_per_minute / 60, settings.site_consent_burst)),
        )
