"""Rates of uploads."""

from dataclasses import dataclass

from crumbless.core.rate_limit import KeyedBuckets, Rate
from crumbless.core.settings import FileSettings
from crumbless.core.time_units import HOUR_SECONDS


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Uploads of one operator."""

    uploads: KeyedBuckets

    @classmethod
    def of(cls, settings: FileSettings) -> "UploadLimits":
        """Return the rates that the settings ask for."""
        return cls(KeyedBuckets(Rate(settings.uploads_per_hour / HOUR_SECONDS, settings.upload_burst)))
