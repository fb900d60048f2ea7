"""The sites of a workspace and the workspace itself, over HTTP."""

import msgspec
from litestar import Response

from crumbless.actions.site_change import change_site, change_workspace, check_looks, make_site
from crumbless.api.request_read import AnyRequest, platform_of, read_json, read_operator
from crumbless.domain.embed_line import embed_line
from crumbless.domain.wire_people import SiteRequest, SiteSeen, SitesView, SiteView, WorkspaceRequest
from crumbless.store.site_store import KeptSite, find_own_site, list_sites
from crumbless.store.workspace_store import find_workspace_view


async def get_sites(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/sites."""
    session = await read_operator(request)
    platform = platform_of(request)
    kept = await platform.reader.read(lambda connection: list_sites(connection, session.workspace))
    return _json(SitesView([tell_site(site, platform.settings.address) for site in kept]))


async def post_site_add(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/sites."""
    session, looks = await read_operator(request), check_looks(await read_json(request, SiteRequest))
    platform = platform_of(request)
    site = await platform.ledger.write(lambda connection: make_site(connection, session, looks))
    return _json(tell_site(site, platform.settings.address))


async def post_site(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/sites/KEY."""
    session, looks = await read_operator(request), check_looks(await read_json(request, SiteRequest))
    platform = platform_of(request)
    key: str = request.path_params["key"]
    site = await platform.ledger.write(lambda connection: change_site(connection, session, key, looks))
    return _json(tell_site(site, platform.settings.address))


async def get_site_seen(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/sites/KEY/seen."""
    session = await read_operator(request)
    key: str = request.path_params["key"]
    site = await platform_of(request).reader.read(lambda connection: find_own_site(connection, session.workspace, key))
    return _json(SiteSeen(site.seen_at, site.seen_origin))


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


async def get_workspace(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/workspace."""
    session = await read_operator(request)
    read = platform_of(request).reader.read
    return _json(await read(lambda connection: find_workspace_view(connection, session.workspace)))


async def post_workspace(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/workspace."""
    session, wanted = await read_operator(request), await read_json(request, WorkspaceRequest)
    write = platform_of(request).ledger.write
    return _json(await write(lambda connection: change_workspace(connection, session, wanted.name)))


def _json(answer: object) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), status_code=200, media_type="application/json")
