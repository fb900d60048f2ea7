"""The sites of a workspace and the workspace itself, over HTTP."""

from crumbless.actions.site_change import change_site, change_workspace, check_looks, make_site
from crumbless.api.call import OperatorCall
from crumbless.domain.embed_line import embed_line
from crumbless.domain.visibility import visible
from crumbless.domain.wire_people import SiteRequest, SiteSeen, SitesView, SiteView, WorkspaceRequest, WorkspaceView
from crumbless.store.site_store import KeptSite, find_own_site, list_sites
from crumbless.store.workspace_store import find_workspace_view


async def get_sites(call: OperatorCall) -> SitesView:
    """Return the sites of the workspace that the operator sees."""
    kept = await call.read(list_sites, call.workspace, visible(call.session))
    return SitesView([tell_site(site, call.platform.settings.address) for site in kept])


async def post_site_add(call: OperatorCall, wanted: SiteRequest) -> SiteView:
    """Create a site."""
    return tell_site(await call.write(make_site, check_looks(wanted)), call.platform.settings.address)


async def post_site(call: OperatorCall, key: str, wanted: SiteRequest) -> SiteView:
    """Change a site."""
    return tell_site(await call.write(change_site, key, check_looks(wanted)), call.platform.settings.address)


async def get_site_seen(call: OperatorCall, key: str) -> SiteSeen:
    """Return when and where the site's button was last loaded."""
    site = await call.read(find_own_site, call.workspace, key, visible(call.session))
    return SiteSeen(site.seen_at, site.seen_origin)


def tell_site(site: KeptSite, address: str) -> SiteView:
    """The site as the desk shows it.

    Args:
        address: the server's public address.
    """
    looks = site.looks
    return SiteView(
        site.key,
        looks.name,
        [*looks.origins],
        looks.accent,
        looks.side,
        embed_line(address, site.key),
        site.seen_at,
        site.seen_origin,
        site.created_at,
    )


async def get_workspace(call: OperatorCall) -> WorkspaceView:
    """Return the workspace."""
    return await call.read(find_workspace_view, call.workspace)


async def post_workspace(call: OperatorCall, wanted: WorkspaceRequest) -> WorkspaceView:
    """Rename the workspace."""
    return await call.write(change_workspace, wanted.name)
