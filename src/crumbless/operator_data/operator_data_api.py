"""An operator's own export, over HTTP."""

from litestar.response import Stream

from crumbless.http.call import OperatorCall
from crumbless.operator_data.operator_export import OperatorExport
from crumbless.retention.data_export import log_data_export
from crumbless.retention.export_response import export_stream


async def get_own_export(call: OperatorCall) -> Stream:
    """Return the operator's own data as a file."""
    operator = call.session.subject
    await call.write(log_data_export, "operator", operator)
    return export_stream(call, OperatorExport(call.services, call.workspace, operator).lines(), "operator")
