"""The sites of a workspace and their appearance, for admins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.ledger.tables import site, workspace
from crumbless.ledger.visibility_sql import visible_sites
from crumbless.security.visibility import Scope
from crumbless.sites.embed_snippet import embed_snippet
from crumbless.sites.site_wire import SiteResponse, SiteSide


@dataclass(frozen=True, slots=True)
class SiteAppearance:
    """The properties of a site that can be changed."""

    name: str
    origins: Sequence[str]
    accent: str | None
    side: SiteSide


@dataclass(frozen=True, slots=True)
class StoredSite:
    """A site. `embed_seen_at` and `embed_seen_origin`: when and on which page the widget was last loaded.

    `delete_at`: when it will be deleted; until then it is closed for visitors.
    """

    key: str
    looks: SiteAppearance
    embed_seen_at: int | None
    embed_seen_origin: str | None
    created_at: int
    delete_at: int | None = None


def site_response(site: StoredSite, address: str) -> SiteResponse:
    """Return the site as the desk shows it.

    Args:
        address: the server's public address.
    """
    looks = site.looks
    return SiteResponse(
        key=site.key,
        name=looks.name,
        origins=[*looks.origins],
        accent=looks.accent,
        side=looks.side,
        embed=embed_snippet(address, site.key),
        embed_seen_at=site.embed_seen_at,
        embed_seen_origin=site.embed_seen_origin,
        created_at=site.created_at,
        delete_at=site.delete_at,
    )


def list_sites(connection: Connection, workspace: int, scope: Scope | None) -> list[StoredSite]:
    """Return the sites of a workspace that are in the scope, oldest first."""
    return _stored_sites(connection, site.c.workspace_id == workspace, *visible_sites(scope))


def find_own_site(connection: Connection, workspace: int, key: str, scope: Scope | None) -> StoredSite:
    """Return the site of this workspace.

    Raises:
        ApiError: `not_found`, also for one of another workspace or outside of the scope.
    """
    found = _stored_sites(connection, site.c.workspace_id == workspace, site.c.key == key, *visible_sites(scope))
    if not found:
        raise ApiError("not_found", "There is no such site.")
    return found[0]


def _stored_sites(connection: Connection, *conditions: Any) -> list[StoredSite]:
    return [
        StoredSite(
            row.key,
            SiteAppearance(row.name, tuple(row.origins), row.accent, row.side),
            row.embed_seen_at,
            row.embed_seen_origin,
            row.created_at,
            row.delete_at,
        )
        for row in connection.execute(select(site).where(site.c.deleted_at.is_(None), *conditions).order_by(site.c.id))
    ]


def insert_site(connection: Connection, workspace: int, key: str, appearance: SiteAppearance) -> None:
    """Store a new site under a key that no site has."""
    connection.execute(insert(site).values(workspace_id=workspace, key=key, created_at=now_ms(), **_values(appearance)))


def update_site(connection: Connection, workspace: int, key: str, appearance: SiteAppearance) -> None:
    """Replace the properties of this workspace's site."""
    connection.execute(
        update(site).where(site.c.workspace_id == workspace, site.c.key == key).values(**_values(appearance))
    )


def _values(appearance: SiteAppearance) -> dict[str, object]:
    return {
        "name": appearance.name,
        "origins": [*appearance.origins],
        "accent": appearance.accent,
        "side": appearance.side,
    }


def note_site_seen(connection: Connection, key: str, at: int, origin: str) -> None:
    """Record that a page of the site loaded the widget."""
    connection.execute(update(site).where(site.c.key == key).values(embed_seen_at=at, embed_seen_origin=origin))


@dataclass(frozen=True, slots=True)
class Site:
    """A website that uses the chat."""

    id: int
    workspace: int
    key: str
    name: str
    origins: tuple[str, ...]
    accent: str | None
    side: str
    identity_mode: str = "off"


def add_site(connection: Connection, workspace_id: int, key: str, name: str, origins: list[str]) -> None:
    """Add a site. `origins`: of the pages that may show its chat."""
    connection.execute(
        insert(site).values(workspace_id=workspace_id, key=key, name=name, origins=origins, created_at=now_ms())
    )


def set_site_origins(connection: Connection, key: str, origins: list[str]) -> None:
    """Replace the list of origins that may show the site's chat."""
    connection.execute(update(site).where(site.c.key == key).values(origins=origins))


def find_site(connection: Connection, key: str) -> Site | None:
    """Return the site with this public key. A site that will be deleted, or whose workspace will, is not found."""
    closing = or_(
        site.c.delete_at.is_not(None), workspace.c.delete_at.is_not(None), workspace.c.deleted_at.is_not(None)
    )
    query = select(site).join(workspace, workspace.c.id == site.c.workspace_id)
    row = connection.execute(query.where(site.c.key == key, ~closing)).first()
    if row is None:
        return None
    return Site(
        id=row.id,
        workspace=row.workspace_id,
        key=row.key,
        name=row.name,
        origins=tuple(row.origins),
        accent=row.accent,
        side=row.side,
        identity_mode=row.identity_mode,
    )


def is_key_taken(connection: Connection, key: str) -> bool:
    """Return whether a site has this key, also one that will be deleted."""
    return connection.execute(select(site.c.id).where(site.c.key == key)).first() is not None
