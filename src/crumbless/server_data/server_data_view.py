"""The registry of the server in the texts of a language, with the periods of the settings."""

from collections.abc import Mapping
from types import MappingProxyType

from crumbless.core.message_format import format_message
from crumbless.core.settings import Settings, setting
from crumbless.device_storage.registry_read import read_storage_texts
from crumbless.server_data.server_data_store import MOST
from crumbless.server_data.server_data_wire import (
    ServerDataColumn,
    ServerDataGroup,
    ServerDataResponse,
    ServerDataRow,
    ServerDataSent,
)
from crumbless.server_data.server_registry import SUBJECTS, Data, ServerRegistry
from crumbless.server_data.server_registry_read import read_server_data_texts

Periods = Mapping[str, int]
"""The days that a workspace or site has set: `conversation_days`, and those in place of settings with that name."""

NO_PERIODS: Periods = MappingProxyType({})


class ServerDataView:
    """Describes the data on the server in each language.

    Args:
        settings: those that have the periods of the registry.
    """

    def __init__(self, registry: ServerRegistry, settings: Settings) -> None:
        self.registry = registry
        self._lifetimes = {
            one.period: one.period if one.period[0].isdigit() else f"{setting(settings, one.period)}d"
            for one in registry.data
            if one.period is not None
        }

    def row(self, one: Data, language: str, periods: Periods, count: int | None = None) -> ServerDataRow:
        """Return a kind of data. `count` is that of its rows, if they were counted."""
        texts = read_server_data_texts()[language]
        own = texts.data[one.name]
        return ServerDataRow(
            name=one.name,
            label=own.label,
            contains=own.contains,
            purpose=own.purpose,
            basis=texts.basis[one.basis],
            deleted=self._deleted(one, language, periods),
            recipients=texts.recipients_text(one),
            location=texts.location[one.location],
            count=None if count is None else min(count, MOST),
            more=count is not None and count > MOST,
        )

    def _deleted(self, one: Data, language: str, periods: Periods) -> str:
        """Return when data is deleted."""
        texts = read_server_data_texts()[language]
        if one.retention == "erasure" and "conversation_days" in periods:
            shown = _period_text(f"{periods['conversation_days']}d", language)
            return format_message(texts.page.expires, language, {"period": shown})
        if one.period is None:
            return texts.retention_text(language, one, "")
        lifetime = f"{periods[one.period]}d" if one.period in periods else self._lifetimes[one.period]
        return texts.retention_text(language, one, _period_text(lifetime, language))

    def of_visitors(self, language: str, to_vendors: bool, periods: Periods) -> list[ServerDataRow]:
        """Return the data about visitors. `to_vendors`: the server sends events of the site to vendors."""
        return [
            self.row(one, language, periods)
            for one in self.registry.data
            if "visitors" in one.subjects and (to_vendors or "vendors" not in one.recipients)
        ]

    def groups(self, language: str, counts: Mapping[str, int], periods: Periods) -> list[ServerDataGroup]:
        """Return all data. Each kind is in the group of its first subject."""
        texts = read_server_data_texts()[language]
        return [
            ServerDataGroup(
                subject,
                texts.subject[subject],
                [
                    self.row(one, language, periods, counts.get(one.name))
                    for one in self.registry.data
                    if one.subjects[0] == subject
                ],
            )
            for subject in SUBJECTS
        ]

    def sent(self, language: str) -> list[ServerDataSent]:
        """Return the requests by which data leaves a visitor's device."""
        texts = read_server_data_texts()[language].sent
        return [ServerDataSent(one.name, texts[one.name].when, texts[one.name].contains) for one in self.registry.sent]

    def columns(self, language: str) -> list[ServerDataColumn]:
        """Return all columns of the database."""
        texts = read_server_data_texts()[language]
        return [
            ServerDataColumn(rule.table, rule.column, [*rule.data], rule.export, texts.erasure_text(rule))
            for rule in self.registry.rules()
        ]

    def response(self, language: str, counts: Mapping[str, int], periods: Periods) -> ServerDataResponse:
        """Return all data with the numbers of rows."""
        newest = self.registry.revision[0]
        return ServerDataResponse(
            newest.number, newest.date.isoformat(), self.groups(language, counts, periods), self.sent(language)
        )


def _period_text(lifetime: str, language: str) -> str:
    """Return a lifetime such as `30d` as a text, whole years as years."""
    years, rest = divmod(int(lifetime[:-1]), 365)
    if lifetime.endswith("d") and not rest:
        return format_message(read_server_data_texts()[language].page.years, language, {"count": years})
    return read_storage_texts()[language].lifetime_text(language, lifetime)
