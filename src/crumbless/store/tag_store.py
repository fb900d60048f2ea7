"""The tags of others that sites use: which, how, and under which number."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from crumbless.domain.storage_registry import Service
from crumbless.ids import now_ms
from crumbless.store.people_store import Site
from crumbless.store.tables import site, vendor_tag

TagMode = Literal["browser", "relay"]
"""The vendor's script in the visitor's browser, or the server telling the vendor."""


@dataclass(frozen=True, slots=True)
class VendorTag:
    """A tag of a site. `identifier` is public (a measurement id, a pixel code); `secret` never leaves the server."""

    service: Service
    mode: TagMode
    identifier: str
    secret: str


def find_vendor_tags(connection: Connection, site_id: int) -> tuple[VendorTag, ...]:
    """The site's tags, by service."""
    rows = connection.execute(select(vendor_tag).where(vendor_tag.c.site_id == site_id).order_by(vendor_tag.c.service))
    return tuple(VendorTag(row.service, row.mode, row.identifier, row.secret) for row in rows)


def set_vendor_tag(connection: Connection, of: Site, tag: VendorTag) -> None:
    """Use this tag on the site, in place of one of the same service.

    A service that is new, or that comes another way and so keeps other things, raises the site's consent revision: what
    visitors consented to before did not speak of it.
    """
    if not any((one.service, one.mode) == (tag.service, tag.mode) for one in find_vendor_tags(connection, of.id)):
        raised = site.c.consent_revision + 1
        connection.execute(update(site).where(site.c.id == of.id).values(consent_revision=raised))
    drop_vendor_tag(connection, of, tag.service)
    connection.execute(
        insert(vendor_tag).values(
            workspace_id=of.workspace,
            site_id=of.id,
            service=tag.service,
            mode=tag.mode,
            identifier=tag.identifier,
            secret=tag.secret,
            created_at=now_ms(),
        )
    )


def drop_vendor_tag(connection: Connection, of: Site, service: Service) -> None:
    """Use no tag of this service any more."""
    connection.execute(delete(vendor_tag).where(vendor_tag.c.site_id == of.id, vendor_tag.c.service == service))


def consent_revision(connection: Connection, site_id: int) -> int:
    """The revision that a consent must name to hold for this site."""
    return connection.execute(select(site.c.consent_revision).where(site.c.id == site_id)).scalar_one()
