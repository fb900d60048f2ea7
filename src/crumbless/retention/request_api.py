"""Requests of people, over HTTP."""

from litestar.response import Stream
from sqlalchemy import Connection

from crumbless.http.call import OperatorCall
from crumbless.retention.data_export import DataExport, log_data_export
from crumbless.retention.export_response import export_stream
from crumbless.retention.request_change import begin_request, end_request, erase_person, read_request, take_request
from crumbless.retention.request_store import find_request, list_requests, visitors_by_email
from crumbless.retention.request_wire import (
    PersonRequest,
    PersonRequestBegin,
    PersonRequestDetails,
    PersonRequestEnd,
    PersonRequests,
)


async def get_requests(call: OperatorCall) -> PersonRequests:
    """Return the requests of the workspace."""
    return PersonRequests(await call.read(list_requests, call.workspace))


async def post_request(call: OperatorCall, wanted: PersonRequestBegin) -> PersonRequest:
    """Add a request."""
    return await call.write(begin_request, wanted)


async def get_request(call: OperatorCall, person_request: str) -> PersonRequestDetails:
    """Return a request with what is stored about the person."""
    return await call.read(read_request, call.workspace, person_request)


async def post_request_take(call: OperatorCall, person_request: str) -> PersonRequest:
    """Handle a request."""
    return await call.write(take_request, person_request)


async def post_request_close(call: OperatorCall, person_request: str, wanted: PersonRequestEnd) -> PersonRequest:
    """Close a request without erasing."""
    return await call.write(end_request, person_request, wanted.status)


async def post_request_erase(call: OperatorCall, person_request: str) -> PersonRequestDetails:
    """Erase the person."""
    return await erase_person(call.services, call.session, person_request)


async def get_request_export(call: OperatorCall, person_request: str) -> Stream:
    """Return a copy of the person's data."""

    def find(connection: Connection) -> list[str]:
        return visitors_by_email(
            connection, call.workspace, find_request(connection, call.workspace, person_request).email
        )

    visitors = await call.read(find)
    await call.write(log_data_export, "person_request", person_request)
    return export_stream(call, DataExport(call.services, call.workspace, for_person=True).visitors(visitors), "person")
