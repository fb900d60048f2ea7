"""How long each kind of data is stored: the rules of a workspace, those of its sites, and the defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crumbless.core.settings import RetentionSettings


@dataclass(frozen=True, slots=True)
class SiteRule:
    """The rule of a site, or of a workspace for its sites.

    `conversation_days`: days after the last message of a closed conversation; None: never.
    `receipt_days`: days after a consent was given; None: the default.
    """

    conversation_days: int | None = None
    receipt_days: int | None = None


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """The rules of a workspace. `sites`: those that override `common`, by the ID of the site."""

    common: SiteRule = SiteRule()
    audit_days: int | None = None
    sites: Mapping[int, SiteRule] = field(default_factory=dict[int, SiteRule])

    def of_site(self, site_id: int, defaults: RetentionSettings) -> tuple[int | None, int]:
        """Return the days of a site's closed conversations (None: they do not expire) and of its receipts."""
        rule = self.sites.get(site_id, self.common)
        receipts = rule.receipt_days or self.common.receipt_days or defaults.receipt_days
        return rule.conversation_days, receipts

    def audit(self, defaults: RetentionSettings) -> int:
        """Return the days of the audit log."""
        return self.audit_days or defaults.audit_days

    def periods(self, site_id: int | None) -> dict[str, int]:
        """Return the days that are set for a site, or for the workspace: `conversation_days`, and names of settings."""
        rule = self.common if site_id is None else self.sites.get(site_id, self.common)
        days = {
            "conversation_days": rule.conversation_days,
            "receipt_days": rule.receipt_days or self.common.receipt_days,
            "audit_days": self.audit_days,
        }
        return {name: number for name, number in days.items() if number is not None}
