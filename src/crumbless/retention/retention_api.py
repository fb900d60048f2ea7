"""Retention rules, their preview, and receipts of deletions, over HTTP."""

from sqlalchemy import Connection

from crumbless.core.settings import RetentionSettings
from crumbless.http.call import OperatorCall
from crumbless.retention.deletion_store import list_deletions
from crumbless.retention.retention_change import change_retention
from crumbless.retention.retention_read import preview_requested, read_retention
from crumbless.retention.retention_wire import (
    DeletionsResponse,
    RetentionPreview,
    RetentionRequest,
    RetentionResponse,
)

MOST_RECEIPTS = 100


async def get_retention(call: OperatorCall) -> RetentionResponse:
    """Return the rules, and the data that the next run deletes."""
    return await call.read(read_retention, call.workspace, _settings(call))


async def post_retention_preview(call: OperatorCall, wanted: RetentionRequest) -> RetentionPreview:
    """Return the data that the next run would delete with other rules."""
    return await call.read(preview_requested, call.workspace, wanted, _settings(call))


async def post_retention(call: OperatorCall, wanted: RetentionRequest) -> RetentionResponse:
    """Change the rules."""
    await call.write(change_retention, wanted)
    return await call.read(read_retention, call.workspace, _settings(call))


async def get_deletions(call: OperatorCall) -> DeletionsResponse:
    """Return the newest receipts of deletions."""

    def read(connection: Connection) -> DeletionsResponse:
        return DeletionsResponse(list_deletions(connection, call.workspace, MOST_RECEIPTS))

    return await call.read(read)


def _settings(call: OperatorCall) -> RetentionSettings:
    return call.platform.settings.retention
