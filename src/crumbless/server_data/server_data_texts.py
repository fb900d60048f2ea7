"""The texts about the registry of the server: for its data, its requests, and all values of their fields."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args

import msgspec

from crumbless.core.message_format import format_message
from crumbless.server_data.server_registry import (
    WITH_PERIOD,
    Basis,
    ColumnRule,
    Data,
    Effect,
    Location,
    Reason,
    Recipient,
    Retention,
    ServerRegistry,
    Subject,
)

GROUPS: dict[str, Any] = {
    "subject": Subject,
    "location": Location,
    "basis": Basis,
    "retention": Retention,
    "recipient": Recipient,
    "effect": Effect,
    "reason": Reason,
}
"""The groups of texts that explain a field's values, with the values of each."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class DataTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The name, the content and the purpose of a kind of data."""

    label: Text
    contains: Text
    purpose: Text


class SentTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The moment of a request, and the data that it sends."""

    when: Text
    contains: Text


class PageTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The texts of the policy page's section and of the record of processing."""

    heading: Text
    intro: Text
    sent_heading: Text
    sent_intro: Text
    sent_when: Text
    sent_contains: Text
    data: Text
    contains: Text
    purpose: Text
    basis: Text
    deleted: Text
    recipients: Text
    no_recipient: Text
    years: Text
    expires: Text
    rights: Text


class ServerDataTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The texts of the surface "server_data" in one language."""

    page: PageTexts
    subject: dict[Subject, Text]
    location: dict[Location, Text]
    basis: dict[Basis, Text]
    retention: dict[Retention, Text]
    recipient: dict[Recipient, Text]
    effect: dict[Effect, Text]
    reason: dict[Reason, Text]
    data: dict[str, DataTexts]
    sent: dict[str, SentTexts]

    def retention_text(self, language: str, one: Data, period: str) -> str:
        """Return when data is deleted. `period` is a text such as "30 days"; empty if the retention has none."""
        values = {"period": period} if one.retention in WITH_PERIOD else {}
        return format_message(self.retention[one.retention], language, values)

    def erasure_text(self, rule: ColumnRule) -> str:
        """Return the effect of a visitor's erasure on a column, with the reason if the value remains."""
        effect = self.effect[rule.erase]
        return effect if rule.reason is None else f"{effect}: {self.reason[rule.reason]}"

    def recipients_text(self, one: Data) -> str:
        """Return the recipients of data, or that there are none."""
        return " · ".join(self.recipient[name] for name in one.recipients) or self.page.no_recipient


def server_text_faults(registry: ServerRegistry, texts: Mapping[str, ServerDataTexts]) -> Iterator[str]:
    """Yield missing and superfluous texts, one line each."""
    expected: dict[str, set[str]] = {group: set(get_args(values)) for group, values in GROUPS.items()} | {
        "data": {one.name for one in registry.data},
        "sent": {one.name for one in registry.sent},
    }
    for language, one in texts.items():
        for group, names in expected.items():
            found: set[str] = set(getattr(one, group))
            for name in sorted(names ^ found):
                yield f"{language}/server_data.json: {group}.{name} {'is missing' if name in names else 'is not used'}"
