"""The record of processing (GDPR, article 30) as a file."""

from typing import Literal

import msgspec

from crumbless.core.csv_export import csv_row
from crumbless.core.ids import now_ms
from crumbless.core.settings import CompanySettings
from crumbless.server_data.server_data_view import ServerDataView
from crumbless.server_data.server_data_wire import ServerDataColumn, ServerDataRecord, ServerDataResponse

RecordFormat = Literal["csv", "json"]

COLUMNS = (
    *("subjects", "data", "contains", "purpose", "legal_basis", "deleted", "recipients", "location", "rows"),
    *("columns", "in_export", "erasure"),
)


def record_of(
    view: ServerDataView, company: CompanySettings, shown: ServerDataResponse, language: str
) -> ServerDataRecord:
    """Return the record of processing in a language. `shown` is what the desk's page shows."""
    return ServerDataRecord(
        created_at=now_ms(),
        organisation=company.organisation,
        address=company.contact_address,
        email=company.contact_email,
        revision=shown.revision,
        updated=shown.updated,
        groups=shown.groups,
        sent=shown.sent,
        columns=view.columns(language),
    )


def record_file(record: ServerDataRecord, form: RecordFormat) -> bytes:
    """Return the record as JSON, or as CSV with one line for each kind of data."""
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
    lines = [csv_row(COLUMNS)]
    for group in record.groups:
        for one in group.rows:
            own = [column for column in record.columns if one.name in column.data]
            number = "" if one.count is None else f"{one.count}{'+' if one.more else ''}"
            lines.append(
                csv_row(
                    [
                        *(group.label, one.label, one.contains, one.purpose, one.basis, one.deleted),
                        *(one.recipients, one.location, number),
                        _joined(own),
                        _joined([column for column in own if column.export]),
                        "\n".join(f"{column.table}.{column.column}: {column.erasure}" for column in own),
                    ]
                )
            )
    return "".join(lines).encode()


def _joined(columns: list[ServerDataColumn]) -> str:
    return ", ".join(f"{one.table}.{one.column}" for one in columns)
