"""An operator's own export, and making an operator anonymous, over HTTP."""

from litestar.response import Stream

from crumbless.http.call import OperatorCall
from crumbless.operator_data.operator_anonymise import anonymise_operator
from crumbless.operator_data.operator_export import OperatorExport
from crumbless.people.handover import Handover
from crumbless.people.people_wire import HandoverRequest
from crumbless.retention.data_export import log_data_export
from crumbless.retention.export_response import export_stream


async def get_own_export(call: OperatorCall) -> Stream:
    """Return the operator's own data as a file."""
    operator = call.session.subject
    await call.write(log_data_export, "operator", operator)
    return export_stream(call, OperatorExport(call.services, call.workspace, operator).lines(), "operator")


async def post_anonymise(call: OperatorCall, person: str, wanted: HandoverRequest) -> None:
    """Make an operator anonymous, and hand their things over."""
    await call.write(anonymise_operator, person, wanted, call.of(Handover), call.platform.secret_box)
