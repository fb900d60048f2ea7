"""The response of an export."""

from collections.abc import AsyncIterator

from litestar.response import Stream

from crumbless.http.call import OperatorCall
from crumbless.http.long_response import while_alive


def export_stream(call: OperatorCall, pieces: AsyncIterator[bytes], name: str) -> Stream:
    """Return the response of an export. It is aborted when the session ends."""
    headers = {"content-disposition": f'attachment; filename="{name}.jsonl"'}
    content = while_alive(call.request, call.session, pieces)
    return Stream(content, media_type="application/jsonl", headers=headers)
