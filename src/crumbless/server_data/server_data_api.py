"""The data on the server, for owners and admins, over HTTP."""

from typing import Annotated

import msgspec
from litestar import Response

from crumbless.core.accept_language import choose_language
from crumbless.core.texts import languages_of
from crumbless.http.call import OperatorCall
from crumbless.retention.rule_store import read_rules
from crumbless.server_data.server_data_export import RecordFormat, record_file, record_of
from crumbless.server_data.server_data_store import count_data
from crumbless.server_data.server_data_view import ServerDataView
from crumbless.server_data.server_data_wire import ServerDataResponse


class ServerDataQuery(msgspec.Struct, frozen=True):
    """The language of the texts, as a BCP 47 tag; English if it has none."""

    lang: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9-]{1,35}$")] = "en"

    @property
    def language(self) -> str:
        """Return the language of the catalogue that fits best."""
        return choose_language(self.lang, None, languages_of("server_data"))


class ServerDataExportQuery(ServerDataQuery, frozen=True):
    """The format of the record."""

    format: RecordFormat = "csv"


async def get_server_data(call: OperatorCall, query: ServerDataQuery) -> ServerDataResponse:
    """Return what is stored on the server, with the numbers of the workspace's rows."""
    return await _describe(call, query.language)


async def get_server_data_export(call: OperatorCall, query: ServerDataExportQuery) -> Response[bytes]:
    """Return the record of processing as a file."""
    shown = await _describe(call, query.language)
    record = record_of(call.of(ServerDataView), call.platform.settings.company, shown, query.language)
    media_type = "text/csv" if query.format == "csv" else "application/json"
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="record-of-processing.{query.format}"',
    }
    return Response(record_file(record, query.format), media_type=media_type, headers=headers)


async def _describe(call: OperatorCall, language: str) -> ServerDataResponse:
    counts = await call.read(count_data, call.workspace)
    rules = await call.read(read_rules, call.workspace)
    periods = rules.periods(None)
    return call.of(ServerDataView).response(language, counts, periods)
