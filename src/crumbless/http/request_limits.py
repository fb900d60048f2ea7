"""Rates of requests that need no session, and of names that do not exist."""

from dataclasses import dataclass

from crumbless.core.rate_limit import KeyedBuckets, Rate
from crumbless.core.settings import ServerSettings

CHECKS = Rate(1.0, 60)
"""Requests of connection checks from one network. A check sends three."""


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Requests without a session, unknown site keys and file IDs, unknown session tokens, connection checks."""

    requests: KeyedBuckets
    unknown_names: KeyedBuckets
    unknown_tokens: KeyedBuckets
    checks: KeyedBuckets

    @classmethod
    def of(cls, settings: ServerSettings) -> "RequestLimits":
        """Return the rates that the settings ask for."""
        unknown = Rate(settings.unknown_names_per_minute / 60, settings.unknown_name_burst)
        return cls(
            requests=KeyedBuckets(Rate(settings.requests_per_second, settings.request_burst)),
            unknown_names=KeyedBuckets(unknown),
            unknown_tokens=KeyedBuckets(unknown),
            checks=KeyedBuckets(CHECKS),
        )
