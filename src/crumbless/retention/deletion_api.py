"""Deletion and export of conversations, persons, sites and the workspace, over HTTP."""

from litestar.response import Stream
from sqlalchemy import Connection, select

from crumbless.http.call import OperatorCall
from crumbless.ledger.tables import conversation
from crumbless.people.people_wire import WorkspaceResponse
from crumbless.retention.data_export import DataExport, log_data_export
from crumbless.retention.deletion_plan import (
    end_closed_sessions,
    plan_site_deletion,
    plan_workspace_deletion,
    undo_site_deletion,
    undo_workspace_deletion,
)
from crumbless.retention.deletion_run import delete_conversation, delete_visitor, require_visible
from crumbless.retention.export_response import export_stream
from crumbless.retention.retention_wire import DeletionReceipt, WorkspaceDeletion
from crumbless.security.visibility import visible
from crumbless.sites.site_store import find_own_site, site_response
from crumbless.sites.site_wire import SiteResponse
from crumbless.visitors.contact_store import visitors_of_contact


async def post_conversation_delete(call: OperatorCall, conversation: str) -> DeletionReceipt:
    """Delete a conversation."""
    return await delete_conversation(call.services, call.session, conversation)


async def post_visitor_delete(call: OperatorCall, conversation: str) -> DeletionReceipt:
    """Delete everything about the person who wrote a conversation."""
    return await delete_visitor(call.services, call.session, conversation)


async def get_conversation_export(call: OperatorCall, conversation: str) -> Stream:
    """Return a conversation as a file."""
    await call.read(require_visible, call.session, conversation)
    await call.write(log_data_export, "conversation", conversation)
    return export_stream(call, DataExport(call.services, call.workspace).conversation(conversation), "conversation")


async def get_visitor_export(call: OperatorCall, conversation: str) -> Stream:
    """Return everything about the person who wrote a conversation as a file."""
    visitors = await call.read(_visitors_of, call, conversation)
    await call.write(log_data_export, "visitor", visitors[0])
    return export_stream(call, DataExport(call.services, call.workspace).visitors(visitors), "visitor")


async def post_site_delete(call: OperatorCall, key: str) -> SiteResponse:
    """Close a site, and delete it in a week."""
    planned = await call.write(plan_site_deletion, key)
    await end_closed_sessions(call.services, call.workspace, key)
    return site_response(planned, call.address)


async def post_site_undo(call: OperatorCall, key: str) -> SiteResponse:
    """Undo the deletion of a site."""
    return site_response(await call.write(undo_site_deletion, key), call.address)


async def get_site_export(call: OperatorCall, key: str) -> Stream:
    """Return a site with all its data as a file."""
    await call.read(find_own_site, call.workspace, key, visible(call.session))
    await call.write(log_data_export, "site", key)
    return export_stream(call, DataExport(call.services, call.workspace).site(key), "site")


async def post_workspace_delete(call: OperatorCall, wanted: WorkspaceDeletion) -> WorkspaceResponse:
    """Close the workspace for visitors, and delete it in a week."""
    planned = await call.write(plan_workspace_deletion, wanted.name)
    await end_closed_sessions(call.services, call.workspace, None)
    return planned


async def post_workspace_undo(call: OperatorCall) -> WorkspaceResponse:
    """Undo the deletion of the workspace."""
    return await call.write(undo_workspace_deletion)


async def get_workspace_export(call: OperatorCall) -> Stream:
    """Return the workspace with all its data as a file."""
    await call.write(log_data_export, "workspace", str(call.workspace))
    return export_stream(call, DataExport(call.services, call.workspace).whole_workspace(), "workspace")


def _visitors_of(connection: Connection, call: OperatorCall, conversation_id: str) -> list[str]:
    require_visible(connection, call.session, conversation_id)
    query = select(conversation.c.visitor_id).where(conversation.c.id == conversation_id)
    return visitors_of_contact(connection, connection.execute(query).scalar_one())
