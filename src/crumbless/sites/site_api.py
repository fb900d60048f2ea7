"""The sites of a workspace and the workspace itself, over HTTP."""

from crumbless.http.call import OperatorCall
from crumbless.people.people_wire import WorkspaceRequest, WorkspaceResponse
from crumbless.people.workspace_store import find_workspace_response
from crumbless.security.visibility import visible
from crumbless.sites.site_change import change_site, change_workspace, check_appearance, make_site
from crumbless.sites.site_store import find_own_site, list_sites, site_response
from crumbless.sites.site_wire import SiteRequest, SiteResponse, SiteSeen, SitesResponse


async def get_sites(call: OperatorCall) -> SitesResponse:
    """Return the sites of the workspace that the operator sees."""
    sites = await call.read(list_sites, call.workspace, visible(call.session))
    return SitesResponse([site_response(site, call.address) for site in sites])


async def post_site_add(call: OperatorCall, wanted: SiteRequest) -> SiteResponse:
    """Create a site."""
    return site_response(await call.write(make_site, check_appearance(wanted)), call.address)


async def post_site(call: OperatorCall, key: str, wanted: SiteRequest) -> SiteResponse:
    """Change a site."""
    return site_response(await call.write(change_site, key, check_appearance(wanted)), call.address)


async def get_site_seen(call: OperatorCall, key: str) -> SiteSeen:
    """Return when and where the site's button was last loaded."""
    site = await call.read(find_own_site, call.workspace, key, visible(call.session))
    return SiteSeen(site.embed_seen_at, site.embed_seen_origin)


async def get_workspace(call: OperatorCall) -> WorkspaceResponse:
    """Return the workspace."""
    return await call.read(find_workspace_response, call.workspace)


async def post_workspace(call: OperatorCall, wanted: WorkspaceRequest) -> WorkspaceResponse:
    """Change the workspace's name, and what it shows about its operators."""
    return await call.write(change_workspace, wanted)
